"""A run, seen and steered."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work

from autotuner_tui.app import AutotunerApp
from autotuner_tui.live.why import Leaving
from autotuner_tui.open_run import OpenRun
from autotuner_tui.places import RUN
from autotuner_tui.screens.question import Question
from autotuner_tui.screens.run_panels import RunPanels
from autotuner_tui.views.experiment_rows import ExperimentRows
from autotuner_tui.views.head import head_lines
from autotuner_tui.views.looked_at import LookedAt
from autotuner_tui.views.notice import notice_lines
from autotuner_tui.views.workloads import workload_lines, workloads_title
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.live_panel import LivePanel
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.score_panel import ScorePanel
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.text_lines import TextLines


class RunScreen(RunPanels):
    """Head lines, experiments, pods or processes, charts, logs. Shows `run`; asks its host."""

    PLACE: ClassVar[str] = RUN

    def __init__(self, run: OpenRun) -> None:
        super().__init__(run)
        self._rows = ExperimentRows()
        self._looked_at = LookedAt()

    def chosen(self) -> tuple[int, ...]:
        """Marked experiments, or the one under the cursor."""
        return tuple(key for key in self.query_one("#experiments", Table).chosen if isinstance(key, int))

    def unmark(self) -> None:
        """No row is marked any more."""
        table = self.query_one("#experiments", Table)
        table.marked.clear()
        table.repaint()

    def do_logs(self) -> None:
        """The log that is shown on the whole screen."""
        self._show_logs()
        self.query_one(LogPanel).open_full()

    @work
    async def do_back(self) -> None:
        """To the screen before. Where there is none: out of the program, after a question while the run goes on."""
        app, run = self.app, self.open_run
        if not self.is_current:
            return
        if not (isinstance(app, AutotunerApp) and app.at_the_first):
            run.close()
            app.pop_screen()
        elif run.state.end is not None:
            app.exit(Leaving.OVER)
        elif not run.goes_on:
            app.exit(Leaving.HOSTLESS)
        elif not run.own or await self.answer(leave_question(run)):
            app.exit(Leaving.DETACHED)

    def tick(self) -> None:
        """Bring every panel up to date."""
        run = self.open_run
        footer = self.query_one(Footer)
        super().tick()
        standing = run.standing
        head = self.query_one("#head", TextLines)
        head.show(head_lines(run.state, run.now, standing, head.size.width))
        self._show_notice(standing)
        self._show_experiments()
        workloads = self.query_one("#workloads", TextLines)
        workloads.entitle(f"2 {workloads_title(run.state)}")
        workloads.show(workload_lines(run.state, run.streams, run.focus, *workloads.size))
        self.query_one(LivePanel).show(run)
        self.query_one(ScorePanel).show(run.state, self._rows.ranking)
        self._show_logs()
        footer.repaint()

    def _show_logs(self) -> None:
        run, cursor = self.open_run, self.query_one("#experiments", Table).cursor
        begun = self._looked_at.attempt(cursor, run.state)
        self.query_one(LogPanel).show(run, *(begun or (cursor if isinstance(cursor, int) else None, None)))

    def _show_notice(self, standing: str) -> None:
        run, notice = self.open_run, self.query_one("#notice", TextLines)
        elsewhere = run.holder.host if run.holder is not None and not run.here else ""
        gone_from = run.folder.root if run.gone else None
        lines = notice_lines(run.state, standing, run.trouble, elsewhere, self.size.width, gone_from, run.damaged)
        notice.set_class(bool(lines), "-shown")
        notice.styles.height = max(1, len(lines))
        notice.show(lines)

    def _show_experiments(self) -> None:
        state = self.open_run.state
        table = self.query_one("#experiments", Table)
        self._rows.follow(state, table.size.width)
        rows = self._rows
        table.show(rows.columns, rows.keys, rows.row(self.open_run.streams), rows.touched)
        self._looked_at.follow(table.cursor, state, table.move_to)  # after the rows are there
        self.open_run.focus = self._looked_at.attempt(table.cursor, state)

    @on(Table.Opened)
    def do_enter(self) -> None:
        """The experiment under the cursor, whole."""
        self._open_experiment("configuration")

    def do_yaml(self) -> None:
        """What was sent for the experiment under the cursor."""
        self._open_experiment("sent")

    def _open_experiment(self, panel: str) -> None:
        from autotuner_tui.screens.experiment import ExperimentScreen

        cursor = self.query_one("#experiments", Table).cursor
        if isinstance(cursor, int):
            self.app.push_screen(ExperimentScreen(self.open_run, cursor, panel))

    def do_results(self) -> None:
        """The ranking."""
        from autotuner_tui.screens.results import ResultsScreen

        self.app.push_screen(ResultsScreen(self.open_run))

    @on(Table.Chosen)
    def _chosen(self, event: Table.Chosen) -> None:
        self._looked_at.moved(event.key, self.open_run.state)
        self._show_logs()
        self.query_one(Footer).repaint()


def leave_question(run: OpenRun) -> Question:
    """What leaving means for a run that was begun here."""
    if run.host is not None:
        words = ["The run is in this very process (--in-process): leaving stops it. It cleans up and saves first."]
        return Question("Leave", words, "stops the run and leaves", again=("q",))
    words = ["The run goes on without this screen.", f"`autotuner-tui attach {run.folder.run_id}` comes back to it."]
    return Question("Leave", words, "leaves", again=("q",))
