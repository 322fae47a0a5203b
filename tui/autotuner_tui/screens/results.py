"""What came out of a run, while it goes on and when it has ended."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from autotuner_core.report.result import Result
from autotuner_tui.open_run import OpenRun
from autotuner_tui.places import RESULTS
from autotuner_tui.screens.taking import TakingView
from autotuner_tui.views.result_text import EMPTY, counted_title, result_lines, summary_lines
from autotuner_tui.views.results import ResultRows
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.text_lines import TextLines


class ResultsScreen(TakingView):
    """The winner in words, all results as a table, below it what is known of the one under the cursor. On a short
    terminal the table has the room."""

    PLACE: ClassVar[str] = RESULTS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]

    DEFAULT_CSS = """
    ResultsScreen #summary { height: auto; max-height: 40%; }
    ResultsScreen #ranking { height: 1fr; }
    ResultsScreen #result { height: 9; }
    ResultsScreen.-short #result { height: 6; }
    ResultsScreen.-short #summary { max-height: 25%; }
    ResultsScreen.-narrow #summary { max-height: 5; }
    """

    def __init__(self, run: OpenRun) -> None:
        super().__init__(run)
        self._rows = ResultRows()
        self._summarized: object = None

    def compose(self) -> ComposeResult:
        """From the answer to its details."""
        yield TextLines(id="summary")
        yield Table(id="ranking", classes="panel", empty=EMPTY)
        yield TextLines(id="result", classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """The table has the keys."""
        self.query_one("#ranking").focus()
        self.tick()

    def chosen(self) -> tuple[int, ...]:
        """Marked experiments, or the one under the cursor."""
        return tuple(key for key in self.query_one("#ranking", Table).chosen if isinstance(key, int))

    def looked_at(self) -> int | None:
        """The one under the cursor."""
        cursor = self.query_one("#ranking", Table).cursor
        return cursor if isinstance(cursor, int) else None

    def result_of(self, experiment: int) -> Result | None:
        """Its result as it is ranked now."""
        return self._rows.result(experiment)

    def tick(self) -> None:
        """Bring it up to date."""
        super().tick()
        state, table, rows = self.open_run.state, self.query_one("#ranking", Table), self._rows
        rows.follow(state)
        table.entitle(counted_title(rows.ranking))
        table.show(rows.columns, rows.keys, rows.row, rows.touched)
        self._show_summary()
        self._show_result()
        self.query_one(Footer).repaint()

    def _show_summary(self) -> None:
        """Its height is that of its words, which change with the ranking alone."""
        state, width = self.open_run.state, self.size.width
        asked = (self._rows.version, len(state.experiments), state.end is None, width)
        if asked != self._summarized:
            self._summarized = asked
            summary, lines = self.query_one("#summary", TextLines), summary_lines(state, self._rows.ranking, width)
            summary.styles.height = len(lines)
            summary.show(lines)

    def _show_result(self) -> None:
        panel, chosen = self.query_one("#result", TextLines), self.looked_at()
        panel.entitle(f"Experiment {chosen}" if chosen is not None else "Experiment")
        width = panel.size.width
        panel.show(result_lines(self.open_run.state, self._rows.result(chosen), self._rows.ranking, width))

    @on(Table.Chosen)
    def _moved(self) -> None:
        self._show_result()
        self.query_one(Footer).repaint()

    @on(Table.Opened)
    def do_enter(self) -> None:
        """The experiment under the cursor, whole."""
        from autotuner_tui.screens.experiment import ExperimentScreen

        if (experiment := self.looked_at()) is not None:
            self.app.push_screen(ExperimentScreen(self.open_run, experiment))

    def do_logs(self) -> None:
        """Its logs, from their start to their end."""
        from autotuner_tui.screens.logs import LogScreen

        if (experiment := self.looked_at()) is not None:
            self.app.push_screen(LogScreen(self.open_run, experiment))
