"""The panels of a run: which there are, and which has the room where not all have any."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from autotuner_tui.screens.numbered import NumberedPanels
from autotuner_tui.screens.steering import RunView
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.live_panel import LivePanel
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.room import give_room
from autotuner_tui.widgets.score_panel import ScorePanel
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.text_lines import TextLines

PANELS = {
    "experiments": "Experiments",
    "workloads": "Pods and events",
    "live": "Live metrics",
    "logs": "Logs",
    "scores": "Scores",
}
"""By id, in the order of their keys."""


class RunPanels(NumberedPanels, RunView):
    """Base of the run's screen: head, panels, footer."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]
    CSS_PATH = "../styles/run.tcss"

    def compose(self) -> ComposeResult:
        """Panels; which are shown at which size, the style sheet says."""
        yield TextLines(id="head")
        yield TextLines(id="notice")
        with Container(id="panels", classes="-main-4"):
            yield Table(id="experiments", classes="panel", empty="the experiments of the plan will stand here")
            yield TextLines(id="workloads", classes="panel")
            yield LivePanel(id="live", classes="panel")
            yield LogPanel("4", id="logs", classes="panel")
            yield ScorePanel(id="scores", classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """Titles name each panel's key."""
        for number, (panel, title) in enumerate(PANELS.items(), 1):
            self.query_one(f"#{panel}").border_title = f"{number} {title}"
        self.query_one("#experiments", Table).focus()
        if self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0]:
            self.show_panel(1)

    def show_panel(self, number: int) -> None:
        """Show a panel where not all have room, and give it the keys where it takes any."""
        panels = self.query_one("#panels")
        give_room(panels, number, len(PANELS))
        self.focus_at_once(self.query_one(f"#{list(PANELS)[number - 1]}"))

    def do_next_source(self) -> None:
        """The next log."""
        self.query_one(LogPanel).do_next_source()

    def do_last_source(self) -> None:
        """The log before."""
        self.query_one(LogPanel).do_last_source()
