"""How soon a run does what it is asked, at every stage: the time until its host has answered, and the time until the
record shows the effect (the attempt cleaned up, the pause, the end). The rival is what asking costs at all: `ping`."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autotuner_core.run.events import Event
from autotuner_core.steer.client import ask
from killing import Victim, killed_task
from tests.bench.table import Figure, arguments, report

NEVER_READY = [sys.executable, "-c", "import time; time.sleep(600)", "--port", "{port}", "{flags}"]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
DEAF_ENGINE = [sys.executable, "-c", DEAF, "--port", "{port}", "{flags}"]
LONGEST = 60.0  # seconds


@dataclass(frozen=True)
class Stage:
    """A stage that a run is held at: by which task, and since which event it is there. `skipped`: once there, the
    experiment is skipped, and its engine does not heed SIGTERM."""

    name: str
    reached: Callable[[Event], bool]
    task: Mapping[str, Any] = field(default_factory=dict)
    skipped: bool = False


def stage_event(name: str) -> Callable[[Event], bool]:
    return lambda event: getattr(event, "stage", "") == name


LONG_LEVEL = {"benchmark": {"additional_params": {"stub_seconds": 600}, "max_time_per_iteration": 10}}
STAGES = (
    Stage(
        "preparing",
        lambda event: event.type == "ExperimentQueued",
        {"benchmark": {"genai_bench_python": sys.executable}},
    ),
    Stage(
        "deploying (waits for GPUs)",
        lambda event: stage_event("deploying")(event) and getattr(event, "experiment", 0) != 0 and _second(event),
        {
            **LONG_LEVEL,
            "optimization": {"max_parallel": 2},
            "local": {"gpus": [0, 1], "gpus_per_experiment": 2},
        },
    ),
    Stage("waiting for ready", stage_event("waiting"), {"local": {"command": NEVER_READY}}),
    Stage("cleaning up", stage_event("waiting"), {"local": {"command": DEAF_ENGINE}}, skipped=True),
    Stage("benchmarking", lambda event: event.type == "LevelStarted", LONG_LEVEL),
    Stage(
        "between two tries",
        lambda event: event.type == "AttemptEnded",
        {"benchmark": {"additional_params": {"stub_exit": 3}}, "optimization": {"retries": 9}},
    ),
)

_seen: set[int] = set()


def _second(event: Event) -> bool:
    """Whether this is the second experiment to be deployed: the first one has all GPUs."""
    _seen.add(getattr(event, "experiment", 0))
    return len(_seen) > 1


@contextlib.contextmanager
def held(stage: Stage, root: Path) -> Iterator[Victim]:
    """A run that has come to this stage."""
    _seen.clear()
    victim = Victim(root, killed_task([0.01, 0.02, 0.03], root, **stage.task))
    process = victim.begin()
    try:
        wait_for(lambda: any(map(stage.reached, victim.events())))
        yield victim
    finally:
        process.kill()
        process.wait()
        victim.seconds_until_all_is_gone()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the run did not come so far")
        time.sleep(0.002)


def asked(victim: Victim, command: str, effect: Callable[[Event], bool] | None, **given: Any) -> tuple[float, float]:
    """Seconds until the answer, and until the first event of its effect that came after it was asked."""
    folder = victim.run_folder
    assert folder is not None
    last, wall, begun = victim.state().last_seq, time.time(), time.monotonic()
    answer = ask(folder, command, given)
    answered = time.monotonic() - begun
    if not answer.ok:
        raise RuntimeError(f"{command}: {answer.message}")
    if effect is None:
        return answered, answered
    wait_for(lambda: any(event.seq > last and effect(event) for event in victim.events()))
    return answered, next(e.ts for e in victim.events() if e.seq > last and effect(e)) - wall


def of_type(*names: str) -> Callable[[Event], bool]:
    return lambda event: event.type in names


CLEANED = ("Skipped", "LevelEnded", "AttemptEnded", "RunEnded", "ResourceRemoved")


def measure(stage: Stage, root: Path, answers: dict[str, list[float]], effects: dict[str, list[float]]) -> None:
    """Ask for everything once, at this stage. The last thing asked ends the run."""
    with held(stage, root) as victim:
        running = [e.id for e in victim.state().running] or [e.id for e in victim.state().queue[:1]]
        beginning = lambda event: of_type(*CLEANED)(event) or stage_event("cleaning_up")(event)  # noqa: E731
        skip = ("skip", {"experiments": running[-1:]}, beginning)
        if stage.skipped:
            asked(victim, skip[0], skip[2], **skip[1])
        for command, given, effect in (
            ("ping", {}, None),
            ("pause", {}, of_type("Paused")),
            *(() if stage.skipped else (skip,)),
            ("resume", {}, of_type("Resumed")),
            ("stop", {"now": True} if stage.skipped else {}, beginning),
        ):
            answered, took = asked(victim, command, effect, **given)
            answers.setdefault("ping" if command == "ping" else stage.name, []).append(answered)
            if effect is not None:
                effects.setdefault(stage.name, []).append(took)


def figures(answers: Mapping[str, Sequence[float]], effects: Mapping[str, Sequence[float]]) -> list[Figure]:
    made = []
    for stage in STAGES:
        made.append(Figure.of(f"{stage.name}: answer", "s", answers[stage.name], "worst under 0.5"))
        made.append(Figure.of(f"{stage.name}: effect", "s", effects[stage.name], "worst under 0.5"))
    every = [value for name, values in answers.items() if name != "ping" for value in values]
    made.append(Figure.of("all stages: answer", "s", every, "worst under 0.5"))
    made.append(
        Figure.of("all stages: effect", "s", [v for values in effects.values() for v in values], "worst under 0.5")
    )
    made.append(Figure.of("ping: answer", "s", answers["ping"]))
    return made


def main() -> None:
    options = arguments(__doc__ or "", repeats=5)
    answers: dict[str, list[float]] = {}
    effects: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.repeats):
            for place, stage in enumerate(STAGES):
                root = Path(name) / f"{number}-{place}"
                root.mkdir()
                measure(stage, root, answers, effects)
    report("Answer to a command", figures(answers, effects), options.json)


if __name__ == "__main__":
    main()
