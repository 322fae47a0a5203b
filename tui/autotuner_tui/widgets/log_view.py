"""A log on the screen, and its keys."""

from __future__ import annotations

from typing import ClassVar

from textual.events import MouseScrollDown, MouseScrollLeft, MouseScrollRight, MouseScrollUp
from textual.message import Message

from autotuner_tui.logs.finding import Finding
from autotuner_tui.logs.search import Needle
from autotuner_tui.logs.window import Place
from autotuner_tui.places import LOG
from autotuner_tui.screens.acting import Acting
from autotuner_tui.settings import Settings
from autotuner_tui.widgets.log_window import LogWindow

SIDEWAYS, WHEEL = 8, 3
"""Cells and lines that a key and a notch of the wheel move."""


class LogView(LogWindow, Acting, can_focus=True):
    """See LogWindow."""

    PLACE: ClassVar[str] = LOG

    class FindAsked(Message):
        """The person wants to look for a text, and where `only` to see nothing but its lines; `find` takes it."""

        def __init__(self, only: bool = False) -> None:
            super().__init__()
            self.only = only

    class FullAsked(Message):
        """The person wants the log on the whole screen, or back."""

    # ---- moving

    def do_down(self) -> None:
        """A line down."""
        self.scroll_rows(1)

    def do_up(self) -> None:
        """A line up."""
        self.scroll_rows(-1)

    def do_page_down(self) -> None:
        """A screenful down."""
        self.scroll_rows(self.size.height)

    def do_page_up(self) -> None:
        """A screenful up."""
        self.scroll_rows(-self.size.height)

    def do_top(self) -> None:
        """To the beginning."""
        self.follow, self.place = False, Place()
        self.bring_up()

    def do_bottom(self) -> None:
        """To the end, and follow."""
        self.follow = True
        self.bring_up()

    def do_follow(self) -> None:
        """Follow the end, or stay."""
        self.follow = not self.follow
        self.bring_up()

    def do_left(self) -> None:
        """To the left."""
        self.column = max(0, self.column - SIDEWAYS)
        self.bring_up()

    def do_right(self) -> None:
        """To the right."""
        self.column += SIDEWAYS
        self.bring_up()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Some lines down."""
        event.stop()
        self.scroll_rows(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Some lines up."""
        event.stop()
        self.scroll_rows(-WHEEL)

    def on_mouse_scroll_left(self, event: MouseScrollLeft) -> None:
        """To the left."""
        event.stop()
        self.do_left()

    def on_mouse_scroll_right(self, event: MouseScrollRight) -> None:
        """To the right."""
        event.stop()
        self.do_right()

    # ---- how it is shown

    def do_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrap, self.place = not self.wrap, Place(self.place.row)
        self._remember()
        self.bring_up()

    def do_timestamps(self) -> None:
        """Show or hide the leading times."""
        self.times = not self.times
        self._remember()
        self.bring_up()

    def _remember(self) -> None:
        """Other logs, and those of the next time, are shown so too."""
        if (settings := self._settings) is not None:
            settings.remember(log_wrap=self.wrap, log_times=self.times)

    @property
    def _settings(self) -> Settings | None:
        settings = getattr(self.app, "settings", None)
        return settings if isinstance(settings, Settings) else None

    def on_mount(self) -> None:
        """As the person is used to."""
        if (settings := self._settings) is not None:
            self.wrap, self.times = bool(settings.kept.get("log_wrap")), bool(settings.kept.get("log_times", True))

    def do_full(self) -> None:
        """On the whole screen, and back."""
        self.post_message(self.FullAsked())

    # ---- searching

    def do_find(self) -> None:
        """Ask for what is looked for."""
        self.post_message(self.FindAsked())

    def find(self, text: str, only: bool = False) -> None:
        """Look for the text in the whole file, and go to the first line from here on that has it; empty ends that.
        `only`: show only those lines."""
        start = self.top
        if self.filtered:
            self.show_only_found(False)
        self.finding = Finding(Needle(text) if text else None, start)
        if only and text:
            self.show_only_found(True)
        self.bring_up()

    def do_only(self) -> None:
        """Only the lines that have it, or all again."""
        if self.finding.needle is None:
            self.post_message(self.FindAsked(only=True))
        else:
            self.show_only_found(not self.filtered)

    def do_find_next(self) -> None:
        """To the next line that has it."""
        self._go(self.finding.next(self._here(self.top - 1)))

    def do_find_last(self) -> None:
        """To the line before that has it."""
        self._go(self.finding.last(self._here(self.bottom + 1)))

    def _here(self, otherwise: int) -> int:
        """The line to which the search has gone, where it is still to be seen."""
        line = self.finding.line
        return line if line is not None and self.top <= line <= self.bottom else otherwise

    def _go(self, line: int | None) -> None:
        if line is not None:
            self.go_to(line)

    async def do_back(self) -> None:
        """End the search; where there is none, what the key does elsewhere."""
        if self.finding.needle is not None:
            self.find("")
        else:
            await self.app.run_action("act('back')")
