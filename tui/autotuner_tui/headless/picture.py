"""A picture of now: how far the run is and what each experiment under way does. Made from the fold and the streams."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.report.format import duration, number
from autotuner_core.run.experiment_state import AttemptState, ExperimentState
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.level_tail import LevelTails
from autotuner_tui.headless.remaining import Remaining, remaining
from autotuner_tui.headless.stages import LONGEST_DETAIL, STAGES, level_under_way, pause_words
from autotuner_tui.headless.words import level_name, plain


@dataclass(frozen=True)
class Activity:
    """One experiment under way. `stage` in words; counts and throughput are of the level under way, where one is."""

    experiment: int
    stage: str
    ok: int = 0
    failed: int = 0
    tokens_per_second: float | None = None

    def in_words(self) -> str:
        """`exp 3 level 2/3 D(100,100) x4: 12 ok, 0 failed, 143.2 tokens/s`."""
        if self.tokens_per_second is None and not self.ok and not self.failed:
            return f"exp {self.experiment} {self.stage}"
        rate = "" if self.tokens_per_second is None else f", {number(self.tokens_per_second)} tokens/s"
        return f"exp {self.experiment} {self.stage}: {self.ok} ok, {self.failed} failed{rate}"


@dataclass(frozen=True)
class Picture:
    """How far the run is. `remaining` is None where nothing is known yet. `pause` says who paused the run and why, and
    what is left running; empty where it is not paused. `stopping`: `stopping` or `stopping at once`, else empty."""

    done: int
    total: int
    counts: dict[str, int]
    elapsed: float
    remaining: Remaining | None
    activities: tuple[Activity, ...]
    paused: bool = False
    pause: str = ""
    stopping: str = ""

    def in_a_line(self) -> str:
        """Everything, for a log: `4/9 done, about 3 min left; exp 5 level ...`."""
        if not self.total:
            return f"preparing for {duration(self.elapsed)}"
        left = f", {self.remaining.in_words()}" if self.remaining is not None else ""
        state = [self.stopping] if self.stopping else ["paused"] if self.paused else []
        return "; ".join([f"{self.done}/{self.total} done{left}", *state, *(a.in_words() for a in self.activities)])


class Painter:
    """Makes pictures. Keeps the places up to which it has read the streams of levels under way."""

    def __init__(self, folder: RunFolder) -> None:
        self._tails = LevelTails(folder)

    def picture(self, state: RunState, now: float) -> Picture:
        """The picture at `now` (seconds since the epoch)."""
        waiting = ("queued", "running")
        again = sum(e.status in waiting and e.scored is not None for e in state.experiments.values())
        counts = {**state.counts(), "again": again}  # measured, and to be measured once more
        done = len(state.experiments) - counts["queued"] - counts["running"]
        activities = tuple(self._activity(experiment, state, now) for experiment in state.running)
        return Picture(
            done=done,
            total=len(state.experiments),
            counts=counts,
            elapsed=state.elapsed(now),
            remaining=remaining(state, now),
            activities=activities,
            paused=state.paused is not None,
            pause=pause_words(state),
            stopping=_stopping(state),
        )

    def _activity(self, experiment: ExperimentState, state: RunState, now: float) -> Activity:
        attempt = experiment.latest
        if attempt is None:
            return Activity(experiment.id, "starting")
        level = level_under_way(attempt)
        if level is None or level.started is None:
            words, since = _stage(attempt)
            why = f" ({plain(attempt.stage_detail, LONGEST_DETAIL)})" if attempt.stage_detail else ""
            return Activity(experiment.id, f"{words} for {duration(max(0.0, now - since))}{why}")
        name = level_name(level.level, state.planned_levels, level.started.scenario, level.started.concurrency)
        tail = self._tails.read(experiment.id, attempt.attempt, level.level)
        return Activity(experiment.id, name, tail.ok, tail.failed, tail.tokens_per_second)


def _stage(attempt: AttemptState) -> tuple[str, float]:
    """The stage in words, and since when: stages with the same words are one to a person."""
    words, since = STAGES.get(attempt.stage, attempt.stage.replace("_", " ")), attempt.started_at
    for stage, began in reversed(attempt.stages):
        if STAGES.get(stage, stage) != words:
            break
        since = began
    return words, since


def _stopping(state: RunState) -> str:
    if state.stopping is None or state.end is not None:
        return ""
    return "stopping at once" if state.stopping.now else "stopping"
