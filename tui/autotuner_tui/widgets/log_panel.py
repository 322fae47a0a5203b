"""The logs of a run: the view of one, which one it is, where in it one is, and the line for what is looked for."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from typing_extensions import Self

from autotuner_tui.logs.sources import Source, attempts_of, heading, sources_of
from autotuner_tui.open_run import OpenRun
from autotuner_tui.views.log_status import status_line
from autotuner_tui.views.log_title import title_of
from autotuner_tui.widgets.log_view import LogView
from autotuner_tui.widgets.prompt import Prompt
from autotuner_tui.widgets.text_lines import TextLines


class LogPanel(Vertical):
    """`show` follows a run's experiment, `show_sources` any logs. `key` stands before the title."""

    DEFAULT_CSS = "LogPanel > TextLines { height: 1; }"

    def __init__(self, key: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._key, self._heading = key, ""
        self._sources: Sequence[Source] = ()
        self._run: OpenRun | None = None
        self._experiment: int | None = None
        self._chosen = 0
        self._only = False
        self.view = LogView()
        self._status, self._prompt = TextLines(), Prompt()

    def compose(self) -> ComposeResult:
        """The view; below it where one is, in whose place a text to look for is typed."""
        yield self.view
        yield self._status
        yield self._prompt

    def focus(self, scroll_visible: bool = True, *, from_app_focus: bool = False) -> Self:
        """The view has the keys."""
        self.view.focus(scroll_visible)
        return self

    # ---- sources

    def show(self, run: OpenRun, experiment: int | None, attempt: int | None = None) -> None:
        """The logs of this experiment's attempt, by default its last one; without an experiment the tuner's. Waits
        while somebody reads. Cheap where nothing has changed: call it on every tick."""
        if self.reads:
            return
        attempts = attempts_of(run.state, experiment)[-1:] if attempt is None else [attempt]
        self._run, self._experiment = run, experiment
        self.show_sources(sources_of(run.folder, experiment, attempts), heading(experiment))

    @property
    def reads(self) -> bool:
        """Whether somebody reads a place of the log that is shown, from which they are not to be torn away."""
        return bool(self._sources) and self.view.has_focus and not self.view.follow

    def show_sources(self, sources: Sequence[Source], heading: str) -> None:
        """Show one of these: that which was shown, or one of its name, or the first one."""
        if self._sources == sources:
            return
        before = self.source if self._sources else sources[0]
        self._sources, self._heading = sources, heading
        same = [at for at, source in enumerate(sources) if source.path == before.path]
        named = [at for at, source in enumerate(sources) if source.name == before.name]
        self._choose([*same, *named, 0][0])

    def go_on_from(self, other: LogPanel) -> None:
        """Show the log that another panel shows, from the same place on, where it is one of ours."""
        for at, source in enumerate(self._sources):
            if source.path == other.source.path:
                self._choose(at)
                self.view.go_on_from(other.view)

    @property
    def source(self) -> Source:
        """The one that is shown. Raises IndexError where none is."""
        return self._sources[self._chosen]

    def open_full(self) -> None:
        """The log on the whole screen, from the same line on, with those of all attempts."""
        from autotuner_tui.screens.logs import LogScreen

        if self._run is not None:
            self.app.push_screen(LogScreen(self._run, self._experiment, self))

    def do_next_source(self) -> None:
        """The next log."""
        self._choose(self._chosen + 1)

    def do_last_source(self) -> None:
        """The log before."""
        self._choose(self._chosen - 1)

    def _choose(self, at: int) -> None:
        if self._sources:
            self._chosen = at % len(self._sources)
            self.view.show(self.source.path, self.source.empty)
            self._entitle()

    def on_resize(self, event: Resize) -> None:
        """The title has as many words as there is room for."""
        self._entitle()

    def _entitle(self) -> None:
        title = title_of(self._sources, self._chosen, [f"{self._key} Logs".strip(), self._heading], self.size.width - 4)
        if title != self.border_title:
            self.border_title = title

    # ---- what the view says

    @on(LogView.Changed)
    def _changed(self, event: LogView.Changed) -> None:
        event.stop()
        self._status.show([status_line(self.view.status())])

    @on(LogView.FullAsked)
    def _full_asked(self, event: LogView.FullAsked) -> None:
        if self._run is not None:  # else it is on the whole screen already
            event.stop()
            self.open_full()

    @on(LogView.FindAsked)
    def _find_asked(self, event: LogView.FindAsked) -> None:
        event.stop()
        self._only = event.only
        self._status.display = False
        needle = self.view.finding.needle
        what = "only lines with this text" if event.only else "find in the whole log"
        self._prompt.ask("&" if event.only else "/", needle.text if needle else "", what)

    @on(Prompt.Typed)
    def _typed(self, event: Prompt.Typed) -> None:
        event.stop()
        self.view.find(event.text, self._only or self.view.filtered)

    @on(Prompt.Left)
    def _left(self, event: Prompt.Left) -> None:
        event.stop()
        self._status.display = True
        if event.typing:
            self.view.focus()
