"""Progress on a terminal: transitions scroll by above a bar and a line per experiment under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autotuner_core.report.format import duration
from autotuner_tui.headless.outlet import Outlet

if TYPE_CHECKING:
    from autotuner_tui.headless.picture import Picture

BAR_WIDTH = 20


class LiveProgress:
    """Draws on the outlet's terminal, and only when told to: it has no thread of its own. A terminal that is gone ends
    the display, not the run. Honours NO_COLOR (rich does)."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._console = Console(file=outlet.stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._shown: Picture | None = None

    def line(self, ts: float, text: str) -> None:
        if not self._outlet.lost:
            try:
                self._console.print(Text(text), soft_wrap=True)
            except (OSError, ValueError) as error:
                self._outlet.lose(error)

    def tick(self, now: float, picture: Picture) -> None:
        if self._outlet.lost or picture == self._shown:
            return
        try:
            if self._shown is None:
                self._live.start()
                self._console.show_cursor(True)  # rich hides it: a host that is killed could not show it again
            self._live.update(drawing(picture), refresh=True)
        except (OSError, ValueError) as error:
            self._outlet.lose(error)
        self._shown = picture

    def close(self) -> None:
        if self._shown is None or self._outlet.lost:
            return
        try:
            self._live.stop()
        except (OSError, ValueError) as error:
            self._outlet.lose(error)


def drawing(picture: Picture) -> Group:
    """The bar with its times, then a line per experiment under way."""
    if not picture.total:
        return Group(Text(f"preparing, {duration(picture.elapsed)}"))
    counts = "  ".join(f"{name} {picture.counts[status]}" for status, name in _COUNTED if picture.counts.get(status))
    left = "" if picture.remaining is None else picture.remaining.in_words()
    head = Table.grid(padding=(0, 1))
    head.add_row(
        Text("paused" if picture.paused else "run"),
        ProgressBar(total=max(1, picture.total), completed=picture.done, width=BAR_WIDTH),
        Text(f"{picture.done}/{picture.total}"),
        Text(duration(picture.elapsed)),
        Text(left),
        Text(counts),
    )
    return Group(head, *(Text(f"  {activity.in_words()}", no_wrap=True) for activity in picture.activities))


_COUNTED = (("success", "ok"), ("failed", "failed"), ("skipped", "skipped"), ("pruned", "pruned"))
