"""Steering a run from a screen: each action is a request to the run's host. What costs a measurement is asked once, in
words that say what is lost and what is freed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import work

from autotuner_core.report.format import duration
from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.picture import level_under_way
from autotuner_tui.live.keys import Request
from autotuner_tui.live.situation import Situation
from autotuner_tui.open_run import OpenRun
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.screens.question import Question
from autotuner_tui.widgets.footer import Footer


class RunView(ActionScreen):
    """Base of the screens that show a run."""

    def __init__(self, run: OpenRun) -> None:
        super().__init__()
        self.open_run = run

    def chosen(self) -> tuple[int, ...]:
        """The experiments that an action is for: marked ones, or the one under the cursor."""
        return ()

    def situation(self) -> Situation:
        """What is possible for the chosen experiments."""
        return self.open_run.situation(self.chosen())

    def say(self, message: str) -> None:
        """Show a message in the footer."""
        self.query_one(Footer).say(message)

    def ask_host(self, command: str, **arguments: object) -> None:
        """Ask, and show that; the answer is shown when it comes."""
        self.say(self.open_run.send(Request(command, arguments)))

    # ---- actions

    def do_pause(self) -> None:
        """Pause, or resume."""
        self.ask_host("resume" if self.situation().paused else "pause")

    @work
    async def do_skip(self) -> None:
        """Skip the chosen ones; those that are being measured only after a question."""
        state = self.open_run.state
        chosen = [e for number in self.chosen() if (e := state.experiments.get(number)) is not None]
        chosen = [experiment for experiment in chosen if experiment.status in ("queued", "running")]
        running = [experiment for experiment in chosen if experiment.status == "running"]
        if running:
            question = Question("Skip", skip_words(running, time.time()), "skips", again=("S",))
            if not await self.app.push_screen_wait(question):
                return
        if numbers := [experiment.id for experiment in chosen if experiment.status in ("queued", "running")]:
            self.ask_host("skip", experiments=numbers)

    def do_rerun(self) -> None:
        """Measure the chosen ones once more; their older attempts stay in the record."""
        state = self.open_run.state
        again = [number for number in self.chosen() if state.experiments[number].status != "running"]
        self.ask_host("rerun", experiments=again)

    def do_rerun_failed(self) -> None:
        """Measure all failed ones once more."""
        self.ask_host("rerun", failed=True)

    @work
    async def do_stop(self) -> None:
        """The first time: clean up and save; once more while it stops: at once. Either is asked back."""
        now = bool(self.situation().stopping)
        words = at_once_words() if now else stop_words(self.open_run.state, time.time())
        question = Question(
            "End the run at once" if now else "Stop the run",
            words,
            "ends it at once" if now else "stops it",
            again=("x", "ctrl+c"),
        )
        if await self.app.push_screen_wait(question):
            self.ask_host("stop", now=now)

    @work
    async def do_add(self) -> None:
        """A configuration by hand."""
        from autotuner_tui.screens.add import AddScreen

        configuration = await self.app.push_screen_wait(AddScreen(self.open_run.state, self.chosen()))
        if configuration:
            self.ask_host("add", parameters=configuration)


def skip_words(running: Sequence[ExperimentState], now: float) -> list[str]:
    """What is lost, and what is freed."""
    lines = []
    for experiment in running:
        attempt = experiment.latest
        if attempt is None:
            continue
        level = level_under_way(attempt)
        where = f", level {level.level}" if level is not None else ""
        gpus = f"; its {attempt.gpu_count:g} GPUs are freed" if attempt.gpu_count else "; its server is shut down"
        lines.append(f"Experiment {experiment.id} is being measured ({duration(attempt.seconds(now))}{where}).")
        lines.append(f"It ends without a score{gpus}. Re-run measures it later.")
    return lines


def stop_words(state: RunState, now: float) -> list[str]:
    """What ends, what stays, how to go on."""
    running = [attempt for e in state.running if (attempt := e.latest) is not None]
    gpus = sum(attempt.gpu_count for attempt in running)
    lost = f"{len(running)} under way ({', '.join(duration(a.seconds(now)) for a in running)}) ends without a score"
    lines = [f"{lost}." if running else "Nothing is being measured now."]
    lines.append(f"Servers are shut down{f', {gpus:g} GPUs are freed' if gpus else ''}; results are saved.")
    lines.append(f"{len(state.queue)} still queued: `autotuner-tui resume {state.run_id}` goes on with them later.")
    return lines


def at_once_words() -> list[str]:
    """What is different from the first stop."""
    return [
        "The run is being stopped already: it cleans up and saves.",
        "At once: what still runs is killed instead of shut down; results are saved.",
    ]
