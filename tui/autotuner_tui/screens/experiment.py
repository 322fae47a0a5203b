"""One experiment: how it was configured and sent, how it went, what came out, why it failed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container

from autotuner_tui.attempt_look import AttemptLook
from autotuner_tui.open_run import OpenRun
from autotuner_tui.places import EXPERIMENT
from autotuner_tui.screens.attempt_view import AttemptView
from autotuner_tui.screens.numbered import NumberedPanels
from autotuner_tui.views.experiment import head_lines
from autotuner_tui.views.experiment_panels import ExperimentPanels
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.scrolled_lines import ScrolledLines
from autotuner_tui.widgets.text_lines import TextLines

PANELS = {
    "configuration": "Configuration",
    "course": "Course",
    "failure": "Failure",
    "levels": "Levels",
    "spread": "Distribution",
    "sent": "As sent",
}
"""By id, in the order of their keys."""


class ExperimentScreen(NumberedPanels, AttemptView):
    """Shows the run's experiment, and from there its neighbours. `panel` has the keys first."""

    PLACE: ClassVar[str] = EXPERIMENT
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]

    DEFAULT_CSS = """
    ExperimentScreen #head { height: 2; }
    ExperimentScreen #panels { height: 1fr; layout: grid; grid-size: 2 3; grid-columns: 2fr 3fr;
        grid-rows: 1fr 1fr 1fr; grid-gutter: 0; }
    ExperimentScreen.-normal #panels, ExperimentScreen.-narrow #panels, ExperimentScreen #panels.-alone {
        grid-size: 1 1; grid-columns: 1fr; grid-rows: 1fr; }
    ExperimentScreen.-normal .panel, ExperimentScreen.-narrow .panel, ExperimentScreen #panels.-alone .panel {
        display: none; }
    ExperimentScreen .panel.-main { display: block; }
    ExperimentScreen.-normal .panel.-main, ExperimentScreen.-narrow .panel.-main,
    ExperimentScreen #panels.-alone .panel.-main { display: block; }
    """

    def __init__(self, run: OpenRun, experiment: int, panel: str = "configuration") -> None:
        super().__init__(run, experiment)
        self._first_panel = panel
        self._look = AttemptLook(run, self.run_worker, self.tick_now)
        self._panels = ExperimentPanels()

    def compose(self) -> ComposeResult:
        """All panels on a wide terminal, one on others; left to right, line by line."""
        yield TextLines(id="head")
        with Container(id="panels"):
            for left, right in (("configuration", "levels"), ("course", "spread"), ("failure", "sent")):
                yield ScrolledLines(id=left, classes="panel")
                yield ScrolledLines(id=right, classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """One panel has the keys."""
        self.show_panel(list(PANELS).index(self._first_panel) + 1)
        self.tick()

    # ---- panels

    def show_panel(self, number: int) -> None:
        """See NumberedPanels.show_panel."""
        chosen = self.query_one(f"#{list(PANELS)[number - 1]}")
        for panel in self.query(ScrolledLines):
            panel.set_class(panel is chosen, "-main")
        self.focus_at_once(chosen)
        self.tick_soon()

    def do_yaml(self) -> None:
        """The manifest or command line as sent."""
        self.show_panel(6)

    def do_alone(self) -> None:
        """The panel that has the keys on the whole screen, and back."""
        focused = self.focused.id if self.focused is not None else None
        self.query_one("#panels").toggle_class("-alone")
        self.show_panel(list(PANELS).index(focused) + 1 if focused in PANELS else 1)

    def do_results(self) -> None:
        """The ranking; where one came from there, back to it, so that screens do not pile up."""
        from autotuner_tui.screens.results import ResultsScreen

        if isinstance(self.app.screen_stack[-2], ResultsScreen):
            self.app.pop_screen()
        else:
            self.app.push_screen(ResultsScreen(self.open_run))

    def do_logs(self) -> None:
        """Its logs, from their start to their end."""
        from autotuner_tui.screens.logs import LogScreen

        self.app.push_screen(LogScreen(self.open_run, self.experiment))

    # ---- showing

    def tick(self) -> None:
        """Bring every panel up to date."""
        super().tick()
        state = self.open_run.state
        self.standings.follow(state)
        experiment, attempt = state.experiments.get(self.experiment), self.attempt()
        head = self.query_one("#head", TextLines)
        if experiment is None:
            head.show([])
            return
        self._look.follow(self.experiment, attempt)
        result = self.result_of(self.experiment)
        head.show(head_lines(state, experiment, result, head.size.width))
        for number, (name, title) in enumerate(PANELS.items(), 1):
            panel = self.query_one(f"#{name}", ScrolledLines)
            if width := panel.size.width:
                shown = self._panels.lines(name, state, experiment, attempt, self._look, width, self.open_run.now)
                panel.show(f"{number} {title}", shown)
        self.query_one(Footer).repaint()
