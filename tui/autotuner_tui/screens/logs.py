"""A log on the whole screen, with those of all attempts beside it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from autotuner_tui.logs.sources import attempts_of, heading, sources_of
from autotuner_tui.open_run import OpenRun
from autotuner_tui.places import LOGS
from autotuner_tui.screens.steering import RunView
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.log_view import LogView


class LogScreen(RunView):
    """The logs of all attempts of an experiment, and the tuner's. `panel`: one that shows one of them; it is gone on
    from there, and there afterwards from here."""

    PLACE: ClassVar[str] = LOGS

    def __init__(self, run: OpenRun, experiment: int | None = None, panel: LogPanel | None = None) -> None:
        super().__init__(run)
        self._experiment = experiment
        self._panel = panel

    def compose(self) -> ComposeResult:
        """The panel alone, and the keys."""
        yield LogPanel(classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """The view has the keys."""
        self.tick()
        panel = self.query_one(LogPanel)
        panel.focus()
        if self._panel is not None:
            panel.go_on_from(self._panel)

    def chosen(self) -> tuple[int, ...]:
        """The experiment whose logs they are."""
        return (self._experiment,) if self._experiment is not None else ()

    def tick(self) -> None:
        """An attempt that has begun meanwhile has logs too."""
        attempts = attempts_of(self.open_run.state, self._experiment)
        sources = sources_of(self.open_run.folder, self._experiment, attempts)
        self.query_one(LogPanel).show_sources(sources, heading(self._experiment))
        self.query_one(Footer).repaint()

    def do_next_source(self) -> None:
        """The next log."""
        self.query_one(LogPanel).do_next_source()

    def do_last_source(self) -> None:
        """The log before."""
        self.query_one(LogPanel).do_last_source()

    @on(LogView.FullAsked)
    def do_back(self) -> None:
        """To where one came from, which shows the same place of the log."""
        if not self.is_current:
            return
        if self._panel is not None:
            self._panel.go_on_from(self.query_one(LogPanel))
        self.app.pop_screen()
