"""A log on the whole screen, with those of all attempts beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from autotuner_tui.logs.sources import Source, attempts_of, sources_of, under_way
from autotuner_tui.open_run import OpenRun
from autotuner_tui.registry import LOGS
from autotuner_tui.screens.steering import RunView
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.log_view import LogView


class LogScreen(RunView):
    """The logs of `experiment`, by default of the one under way, from first to last attempt. `source` and `line` are
    what is shown at first: by default the end of the last attempt's engine log."""

    PLACE: ClassVar[str] = LOGS

    def __init__(
        self, run: OpenRun, experiment: int | None = None, source: Source | None = None, line: int | None = None
    ) -> None:
        super().__init__(run)
        self._experiment = experiment if experiment is not None else under_way(run.state)
        self._source, self._line = source, line

    def compose(self) -> ComposeResult:
        """The panel alone, and the keys."""
        yield LogPanel(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """The view has the keys."""
        self.tick()
        self.query_one(LogPanel).focus()

    def chosen(self) -> tuple[int, ...]:
        """The experiment whose logs they are."""
        return (self._experiment,) if self._experiment is not None else ()

    def tick(self) -> None:
        """An attempt that has begun meanwhile has logs too."""
        attempts = attempts_of(self.open_run.state, self._experiment)
        sources = sources_of(self.open_run.folder, self._experiment, attempts)
        heading = f"experiment {self._experiment}" if self._experiment is not None else ""
        chosen = next((s for s in sources if self._source is not None and s.path == self._source.path), None)
        self.query_one(LogPanel).show_sources(sources, heading, chosen, self._line)
        self._source = self._line = None
        self.query_one(Footer).repaint()

    def do_next_source(self) -> None:
        """The next log."""
        self.query_one(LogPanel).do_next_source()

    def do_last_source(self) -> None:
        """The log before."""
        self.query_one(LogPanel).do_last_source()

    @on(LogView.FullAsked)
    def _full_asked(self) -> None:
        self.app.pop_screen()
