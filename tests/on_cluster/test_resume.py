"""kill -9 at any moment, then resume: nothing is orphaned, no finished level is measured twice, a service that is up is
adopted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from autotuner_core.run import events as ev
from on_cluster.tuning import OURS, TunerOnCluster
from waiting import wait_for

Tuner = Callable[..., TunerOnCluster]
LEVELS = {"num_concurrency": [1, 2, 4], "additional_params": {"stub_seconds": 0.5}}


def after(of: type[ev.Event], **fields: object) -> Callable[[Sequence[ev.Event]], bool]:
    """The moment when such an event is in the journal."""
    return lambda events: any(
        isinstance(event, of) and all(getattr(event, name) == value for name, value in fields.items())
        for event in events
    )


MOMENTS = {
    "the lease is made": after(ev.ResourceCreated, kind="Job"),
    "the service is about to be made": after(ev.ResourceIntended, kind="InferenceService"),
    "it is waited for": after(ev.StageChanged, stage="waiting"),
    "the second level": after(ev.LevelStarted, level=2),
    "it is cleaned up": after(ev.StageChanged, stage="cleaning_up"),
    "the second experiment": after(ev.StageChanged, stage="deploying", experiment=2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_and_leaves_nothing(moment: str, tuner: Tuner) -> None:
    run = tuner(benchmark=LEVELS)
    assert run.kill_at(run.begin(), MOMENTS[moment]), "it had ended before"
    run.finish()
    check_whole(run)


@pytest.mark.usefixtures("either_ome")
def test_a_service_that_is_up_is_adopted_with_its_finished_levels(tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1]}}, benchmark=LEVELS)
    assert run.kill_at(run.begin(), after(ev.LevelStarted, level=2))
    run.finish()
    check_whole(run)
    (adopted,) = run.of(ev.AttemptAdopted)
    assert (adopted.experiment, adopted.attempt) == (1, 1)
    ended = Counter(end.level for end in run.of(ev.LevelEnded) if end.verdict == "ok")
    assert ended == {0: 1, 1: 1, 2: 1, 3: 1}
    made = [event for event in run.of(ev.ResourceCreated) if event.kind == "InferenceService"]
    assert len(made) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run_that_is_killed_and_never_resumed_holds_gpus_for_ever(tuner: Tuner) -> None:
    run = tuner(kubernetes={"lease_minutes": 1}, optimization={"max_parallel": 2}, benchmark=LEVELS)
    first, second = (after(ev.LevelStarted, level=1, experiment=number) for number in (1, 2))
    assert run.kill_at(run.begin(), lambda events: first(events) and second(events))
    assert len([name for name in run.left_in_cluster() if name.startswith("Pod/")]) == 2
    run.cluster.kubectl("wait", "--for=delete", "job", "-l", OURS, "-n", run.namespace, "--timeout=120s")
    wait_for(lambda: run.left_in_cluster() == [], 20, what="what hung on the lease to go with it")
    run.finish()
    check_whole(run)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_that_is_killed_five_times_at_random_moments_goes_on_each_time(seed: int, tuner: Tuner) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1, 2, 4, 8]}}, benchmark=LEVELS)
    moments = random.Random(seed)
    for _ in range(5):
        assert run.kill_at(run.resume(), moments.uniform(0.3, 4.0)), "it had ended before"
    run.finish()
    check_whole(run)


def check_whole(run: TunerOnCluster) -> None:
    """Every experiment scored once, no level of an attempt measured twice, nothing left."""
    state = run.state()
    assert state.end is not None and state.end.reason == "completed", run.said()
    scored = Counter(end.experiment for end in run.of(ev.AttemptEnded) if end.outcome == "scored")
    assert set(scored) == set(state.experiments) and set(scored.values()) == {1}
    measured = Counter((e.experiment, e.attempt, e.level) for e in run.of(ev.LevelEnded) if e.verdict == "ok")
    assert set(measured.values()) == {1}
    run.check_nothing_is_left()
