"""A window into a file of any size, which a thread reads. The place that is read stays where it is while lines arrive;
at the end it follows them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from textual import on
from textual.events import Resize
from textual.message import Message

from autotuner_tui.logs.finding import Finding
from autotuner_tui.logs.news import LogNews, Order
from autotuner_tui.logs.reader import LogReader
from autotuner_tui.logs.window import Place, last_place, moved
from autotuner_tui.open_run import tick_seconds
from autotuner_tui.views.log_lines import log_line, parted, wrapped
from autotuner_tui.views.log_status import LogStatus
from autotuner_tui.widgets.lines import Line, LinesView, Piece, neutral


class LogWindow(LinesView):
    """`show` says which file; it need not be there yet."""

    class Came(Message, bubble=False):
        """The thread has news."""

    class Changed(Message):
        """What `status` says may be different now."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.follow, self.wrap, self.times, self.filtered = True, False, True, False
        self.finding = Finding()
        self.place, self.column = Place(), 0
        """The first row that is seen, and the first cell of it."""
        self._reader = LogReader(tick_seconds(), lambda: self.post_message(self.Came()))
        self._news = LogNews(Order())
        self._path: Path | None = None
        self._empty = ""

    def show(self, path: Path, empty: str) -> None:
        """Show this file, its end at first. `empty` is what stands there until it has text."""
        self._empty = empty
        if path != self._path:
            self._path, self._news, self.column = path, LogNews(Order(path)), 0
            self.finding, self.filtered = Finding(self.finding.needle), False
            self.follow, self.place = True, Place()
        self.bring_up()

    def go_on_from(self, other: LogWindow) -> None:
        """Show what another one of the same file shows, in the same manner."""
        self.wrap, self.times, self.column = other.wrap, other.times, other.column
        self.finding, self.filtered = Finding(other.finding.needle, line=other.finding.line), False
        self.follow, self.place = other.follow, Place(other.top)
        self.bring_up()

    def on_mount(self) -> None:
        """The thread begins."""
        self._reader.start()
        self.bring_up()

    def on_unmount(self) -> None:
        """The thread ends."""
        self._reader.stop()

    def on_resize(self, event: Resize) -> None:
        """Another size shows another part, from the same line on."""
        self.bring_up()
        super().on_resize(event)

    @on(Came)
    def _came(self) -> None:
        news = self._reader.take()
        if news is not None:
            self._news = news
            sought = self.finding.take(news)
            self.bring_up()
            if sought is not None:
                self.go_to(sought)

    # ---- what is seen

    @property
    def rows(self) -> Sequence[int]:
        """The numbers of the lines that are shown, one below the other."""
        return self.finding.lines if self.filtered else range(self._news.count)

    @property
    def top(self) -> int:
        """The number of the line that stands at the top."""
        return self.rows[min(self.place.row, len(self.rows) - 1)] if self.rows else 0

    @property
    def bottom(self) -> int:
        """The number of the line that stands at the bottom."""
        row = moved(self.place, self.size.height - 1, self._tall).row
        return self.rows[min(row, len(self.rows) - 1)] if self.rows else 0

    def bring_up(self) -> None:
        """Ask for the lines that are needed now, and show those that are there."""
        if not self.size.height or not self.is_attached:
            return
        if self._news.count:
            last = last_place(len(self.rows), self.size.height, self._tall)
            self.place = last if self.follow else min(self.place, last)
        self._order()
        self.repaint()
        self.post_message(self.Changed())

    def scroll_rows(self, by: int) -> None:
        """So many lines of the screen down, or up where negative; up ends the following."""
        self.follow = self.follow and by > 0
        if not self.follow:
            self.place = moved(self.place, by, self._tall)
        self.bring_up()

    def go_to(self, number: int) -> None:
        """Have this line on the screen, without moving what stands there where it is there already."""
        self.follow = False
        if not self.top <= number <= self.bottom:
            self.place = Place(max(0, bisect_left(self.rows, number) - self.size.height // 3))
        self.bring_up()

    def show_only_found(self, filtered: bool) -> None:
        """Only the lines that the search has found, or all again; the line at the top stays, or the next one."""
        line, self.filtered = self.top, filtered
        self.place = Place(bisect_left(self.rows, line))
        self.bring_up()

    def _tall(self, row: int) -> int:
        text = self._news.lines.get(self.rows[row]) if self.wrap and row < len(self.rows) else None
        return 1 if text is None else len(wrapped(self._line(self.rows[row], text), self.size.width))

    def _line(self, number: int, text: str) -> Line:
        return log_line(text, times=self.times, needle=self.finding.needle, here=number == self.finding.line)

    def _order(self) -> None:
        """Screens above and below are asked for too, so that a page's turn shows at once."""
        height, needle = self.size.height, self.finding.needle
        if self.follow and not self.filtered:
            self._reader.order(Order(self._path, tail=3 * height, needle=needle))
            return
        start = max(0, self.place.row // height * height - height)
        wanted = self.rows[start : start + 4 * height] if self.filtered else range(start, start + 4 * height)
        self._reader.order(Order(self._path, lines=tuple(wanted), needle=needle))

    def visible_lines(self) -> Sequence[Line]:
        """The lines from the place on. Where the thread has yet to read them, what stood there stays."""
        rows, height, lines = self.rows, self.size.height, self._news.lines
        if not self._news.known:
            return self._shown
        if not rows:
            return [(Piece(part, "dim"),) for text in self._words() for part in wrap(text, max(1, self.size.width))]
        shown: list[Line] = []
        for row in range(self.place.row, min(self.place.row + height, len(rows))):
            if (number := rows[row]) not in lines:
                return self._shown
            whole = self._line(number, lines[number])
            parts = wrapped(whole, self.size.width) if self.wrap else [parted(whole, self.column)[1]]
            shown += parts[self.place.part if row == self.place.row else 0 :]
        return shown[:height]

    def _words(self) -> tuple[str, ...]:
        if self.filtered and self.finding.needle is not None:
            return (f'No line has "{neutral(self.finding.needle.text)}". & shows all lines.',)
        if self._news.trouble or not self._news.there or self._path is None:
            return (self._empty,)
        return f"{self._path.name} is empty so far.", self._empty

    def status(self) -> LogStatus:
        """Where one is."""
        found = self.finding
        return LogStatus(
            count=self._news.count,
            seen=(self.top + 1, self.bottom + 1) if self.rows else (0, 0),
            follow=self.follow,
            read=self._news.read,
            trouble=self._news.trouble,
            needle=found.needle.text if found.needle else "",
            hits=len(found.lines),
            hit=found.number,
            searched=found.searched,
            filtered=self.filtered,
            column=0 if self.wrap else self.column,
        )
