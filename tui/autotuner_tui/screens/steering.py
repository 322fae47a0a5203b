"""Steering a run from a screen: each action is a request to the run's host. What costs a measurement is asked once, in
words that say what is lost and what is freed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import work

from autotuner_core.report.format import duration
from autotuner_core.run.experiment_state import ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.exits import UserError
from autotuner_tui.headless.stages import level_under_way
from autotuner_tui.live.situation import Situation
from autotuner_tui.live.steerer import Request
from autotuner_tui.live.why import Leaving
from autotuner_tui.open_run import OpenRun
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.screens.question import Question


class RunView(ActionScreen):
    """Base of the screens that show a run."""

    def __init__(self, run: OpenRun) -> None:
        super().__init__()
        self.open_run = run
        self.leaves_at_the_end = False

    def chosen(self) -> tuple[int, ...]:
        """The experiments that an action is for: marked ones, or the one under the cursor."""
        return ()

    def situation(self) -> Situation:
        """What is possible for the chosen experiments."""
        return self.open_run.situation(self.chosen())

    def unmark(self) -> None:
        """The marked experiments have got what they were marked for."""

    def ask_host(self, command: str, **arguments: object) -> None:
        """Ask, and show that; the answer is shown when it comes."""
        self.say(self.open_run.send(Request(command, arguments)))

    # ---- actions

    def do_pause(self) -> None:
        """Pause, or resume; go on with a run that was stopped or whose host died."""
        now = self.situation()
        if now.resumable:
            self.go_on()
        else:
            self.ask_host("resume" if now.paused else "pause")

    @work(group="go-on")
    async def go_on(self) -> None:
        """Start a host that goes on with the run; why it cannot is said."""
        from autotuner_core.engine.held_run import HostOptions
        from autotuner_tui.app import AutotunerApp
        from autotuner_tui.host.order import GoOn

        app = self.app
        assert isinstance(app, AutotunerApp)
        self.say("going on with the run")
        try:
            begun = await app.begin(GoOn(self.open_run.folder, HostOptions(unattended=False)))
        except UserError as error:
            self.say(f"{error.message} {error.cure}")
            return
        self.open_run.taken_up(begun.process)

    @work
    async def do_skip(self) -> None:
        """Skip the chosen ones; those that are being measured only after a question."""
        state = self.open_run.state
        chosen = [e for number in self.chosen() if (e := state.experiments.get(number)) is not None]
        chosen = [experiment for experiment in chosen if experiment.status in ("queued", "running")]
        running = [experiment for experiment in chosen if experiment.status == "running"]
        if running:
            question = Question("Skip", skip_words(running, time.time()), "skips", again=("S",))
            if not await self.answer(question):
                return
        if numbers := [experiment.id for experiment in chosen if experiment.status in ("queued", "running")]:
            self.ask_host("skip", experiments=numbers)
            self.unmark()

    def do_rerun(self) -> None:
        """Measure the chosen ones once more; their older attempts stay in the record."""
        state = self.open_run.state
        again = [number for number in self.chosen() if state.experiments[number].status != "running"]
        self.ask_host("rerun", experiments=again)
        self.unmark()

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
            again=("x",),
        )
        if await self.answer(question):
            self.ask_host("stop", now=now)

    @work
    async def do_interrupt(self) -> None:
        """Ctrl+C. A run that was begun here is stopped, and the screen leaves once it has ended; any other is left."""
        run = self.open_run
        if not run.own or run.state.end is not None:
            self.app.exit(Leaving.DETACHED if run.state.end is None else Leaving.OVER)
            return
        now = bool(self.situation().stopping)
        words = at_once_words() if now else stop_words(run.state, time.time())
        question = Question(
            "End the run at once" if now else "Stop the run and leave",
            words,
            "ends it at once" if now else "stops it",
            again=("ctrl+c", "x"),
        )
        if await self.answer(question):
            run.interrupt()
            self.leaves_at_the_end = True
            self.say("Ctrl+C: what runs is killed" if now else "Ctrl+C: nothing new starts; cleaning up and saving")

    def do_detach(self) -> None:
        """Leave the program; the run goes on. One in this very process is asked about first."""
        if self.open_run.host is not None:
            self.do_interrupt()
        else:
            self.app.exit(Leaving.DETACHED)

    def tick(self) -> None:
        """Answers of the host, and the leave of whoever has stopped the run by Ctrl+C."""
        for answer in self.open_run.answers():
            self.say(answer)
        if self.leaves_at_the_end and (self.open_run.state.end is not None or not self.open_run.goes_on):
            self.app.exit(Leaving.OVER if self.open_run.state.end is not None else Leaving.HOSTLESS)

    @work
    async def do_add(self) -> None:
        """A configuration by hand."""
        from autotuner_tui.screens.add import AddScreen

        configuration = await self.answer(AddScreen(self.open_run.state, self.chosen()))
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
