"""What every screen, the results file and a resumed run know of a run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState


def stamped(*events: ev.Event) -> list[ev.Event]:
    return [replace(event, seq=number, ts=1000.0 + number) for number, event in enumerate(events, 1)]


START = (
    ev.RunStarted(run_id="ab12", task={"task_name": "t"}, plan={}),
    ev.HostStarted(pid=1, host="h", started=1.0, token="tok"),
    ev.ExperimentQueued(experiment=1, parameters={"a": 1}),
    ev.ExperimentQueued(experiment=2, parameters={"a": 2}),
)


def attempt(experiment: int, number: int, *more: ev.Event) -> tuple[ev.Event, ...]:
    waiting = ev.StageChanged(experiment=experiment, attempt=number, stage="waiting", gpus=("0", "1"))
    return (ev.AttemptStarted(experiment=experiment, attempt=number, gpu_count=2), waiting, *more)


def scored(experiment: int, number: int, score: float = 1.0) -> ev.AttemptEnded:
    return ev.AttemptEnded(experiment=experiment, attempt=number, outcome="scored", score=score, feasible=True)


def failed(experiment: int, number: int, will_retry: bool = False) -> ev.AttemptEnded:
    cause = "crash"
    return ev.AttemptEnded(experiment=experiment, attempt=number, outcome="failed", cause=cause, will_retry=will_retry)


def test_counts_tell_where_every_experiment_stands() -> None:
    state = RunState.of(stamped(*START, *attempt(1, 1), scored(1, 1), *attempt(2, 1)))
    assert state.counts() == {"queued": 0, "running": 1, "success": 1, "failed": 0, "skipped": 0, "pruned": 0}


def test_an_experiment_that_will_be_tried_again_is_not_counted_as_failed() -> None:
    events = [*START, *attempt(1, 1), failed(1, 1, will_retry=True)]
    assert RunState.of(stamped(*events)).experiments[1].status == "queued"
    assert RunState.of(stamped(*events, *attempt(1, 2), failed(1, 2))).experiments[1].status == "failed"


def test_what_a_dead_host_had_under_way_is_queued_again_and_what_was_finished_stays() -> None:
    events = [*START, *attempt(1, 1), scored(1, 1), *attempt(2, 1)]
    state = RunState.of(stamped(*events, ev.HostStarted(pid=2, host="h", started=2.0, token="tok", resumed=True)))
    assert [e.status for e in state.experiments.values()] == ["success", "queued"]
    assert [e.id for e in state.queue] == [2]


def test_an_interrupted_rerun_leaves_the_experiment_queued_and_its_old_score_kept() -> None:
    events = [*START, *attempt(1, 1), scored(1, 1), ev.ExperimentQueued(experiment=1, parameters={"a": 1})]
    interrupted = ev.AttemptEnded(experiment=1, attempt=2, outcome="interrupted")
    experiment = RunState.of(stamped(*events, *attempt(1, 2), interrupted)).experiments[1]
    assert experiment.status == "queued"
    assert experiment.scored is not None and experiment.scored.attempt == 1


def test_time_between_hosts_does_not_count_as_elapsed() -> None:
    events = stamped(*START, *attempt(1, 1))
    later = ev.HostStarted(pid=2, host="h", started=2.0, token="tok", resumed=True, seq=9, ts=9000.0)
    end = ev.RunEnded(reason="completed", seq=10, ts=9007.0)
    state = RunState.of([*events, later, end])
    assert state.elapsed(now=99999.0) == (1006.0 - 1001.0) + 7.0
    assert state.gpu_seconds(now=99999.0) == 0.0  # the GPUs were held for no time before the host died


def test_lost_access_leaves_the_experiment_queued_for_when_it_is_cured() -> None:
    lost = ev.AttemptEnded(experiment=1, attempt=1, outcome="failed", cause="api_unreachable")
    assert RunState.of(stamped(*START, *attempt(1, 1), lost)).experiments[1].status == "queued"


def test_gpus_that_an_experiment_waits_for_are_not_held() -> None:
    waits = ev.AttemptStarted(experiment=1, attempt=1, gpu_count=2)
    assert RunState.of(stamped(*START, waits, scored(1, 1))).gpu_seconds() == 0.0


def test_a_pod_that_waits_for_a_node_holds_no_gpus() -> None:
    waits = [
        ev.AttemptStarted(experiment=1, attempt=1, gpu_count=2),
        ev.StageChanged(experiment=1, attempt=1, stage="waiting"),
        ev.WorkloadObserved(experiment=1, attempt=1, kind="pod", name="p", phase="Pending", reason="Unschedulable"),
    ]
    assert RunState.of(stamped(*START, *waits, scored(1, 1))).gpu_seconds() == 0.0
    found = ev.WorkloadObserved(experiment=1, attempt=1, kind="pod", name="p", phase="Pending", node="n")
    assert RunState.of(stamped(*START, *waits, found, scored(1, 1))).gpu_seconds() == 2 * 1.0


def test_gpu_seconds_count_every_attempt() -> None:
    state = RunState.of(stamped(*START, *attempt(1, 1), failed(1, 1, True), *attempt(1, 2), scored(1, 2)))
    assert state.gpu_seconds() == 2 * (1.0 + 1.0)


def test_what_was_made_outside_is_known_until_it_is_seen_to_be_gone() -> None:
    made = ev.ResourceIntended(kind="process", name="engine", token="tok", experiment=1, attempt=1)
    gone = ev.ResourceRemoved(kind="process", name="engine", token="tok")
    assert list(RunState.of(stamped(*START, made)).resources) == [("process", "engine")]
    assert not RunState.of(stamped(*START, made, gone)).resources


def test_events_about_unknown_experiments_do_no_harm() -> None:
    events: list[ev.Event] = [
        scored(7, 1),
        ev.StageChanged(experiment=7, attempt=1, stage="waiting"),
        ev.LevelSkipped(experiment=7, attempt=1, level=1, scenario="D(1,2)", concurrency=1, reason="x"),
        ev.WorkloadObserved(experiment=7, attempt=1, kind="process", name="x", phase="running"),
        ev.UnknownEvent(record={"type": "New"}),
    ]
    state = RunState.of(stamped(*events))
    assert not state.experiments and len(state.unknown) == 1


def test_a_run_that_was_asked_to_stop_is_stopping_for_everybody_until_it_is_resumed() -> None:
    polite, now = ev.StopAsked(by="SIGINT"), ev.StopAsked(by="user", now=True)
    state = RunState.of(stamped(*START, polite, ev.StopAsked(by="user")))
    assert state.stopping is not None and state.stopping.by == "SIGINT" and not state.stopping.now
    state = RunState.of(stamped(*START, polite, now, polite))
    assert state.stopping is not None and state.stopping.by == "user" and state.stopping.now
    resumed = ev.HostStarted(pid=2, host="h", started=2.0, token="tok", resumed=True)
    assert RunState.of(stamped(*START, now, ev.RunEnded(reason="stopped"), resumed)).stopping is None


def test_of_an_attempt_that_is_over_only_what_tells_of_its_result_is_kept() -> None:
    """A run of hundreds of experiments holds each one's fold until its end."""
    level = {"experiment": 1, "attempt": 1, "level": 1, "scenario": "D(1,1)", "concurrency": 1}
    seen = ev.WorkloadObserved(experiment=1, attempt=1, kind="process", name="x", phase="running")
    told = ev.ClusterEventSeen(experiment=1, attempt=1, kind="Pod", name="x", reason="r", message="m")
    under_way = (seen, told, ev.LevelStarted(**level), ev.LevelEnded(**level, verdict="ok", figures={"a": 1.0}))
    cut = ev.LevelStarted(**{**level, "level": 2})
    for end, events_kept in ((scored(1, 1), 0), (failed(1, 1), 2)):
        state = RunState.of(stamped(*START, *attempt(1, 1, *under_way, cut), end, seen, told))
        kept = state.experiments[1].attempts[0]
        assert not kept.workloads and len(kept.cluster_events) == events_kept
        assert kept.levels[1].started is None and kept.levels[1].ended is not None
        assert kept.levels[2].started is not None and list(kept.stages) == [("waiting", 1006.0)]


EVENTS = st.lists(
    st.one_of(
        st.sampled_from(START),
        st.builds(ev.AttemptStarted, experiment=st.integers(1, 3), attempt=st.integers(1, 3)),
        st.builds(scored, st.integers(1, 3), st.integers(1, 3)),
        st.builds(failed, st.integers(1, 3), st.integers(1, 3), st.booleans()),
        st.builds(ev.Skipped, experiment=st.integers(1, 3)),
        st.just(ev.Paused(reason="x")),
        st.builds(ev.StopAsked, now=st.booleans()),
        st.just(ev.RunEnded(reason="stopped")),
    ),
    max_size=30,
)


@given(EVENTS, st.integers(0, 30))
def test_a_viewer_that_joins_later_sees_the_same_run(events: list[ev.Event], joint: int) -> None:
    events = stamped(*events)
    state = RunState.of(events[:joint])
    for event in events[joint:]:
        state.apply(event)
    assert vars(state) == vars(RunState.of(events))


@given(EVENTS)
def test_any_order_of_events_can_be_folded_and_written_again(events: list[ev.Event]) -> None:
    events = stamped(*events)
    assert sum(RunState.of(events).counts().values()) == len(RunState.of(events).experiments)
    assert [ev.event_from_record(event.to_record()) for event in events] == events
