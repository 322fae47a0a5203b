"""A run does what its plan says, tries again what is worth it, and ends as soon as it must, whatever breaks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.control import Interruption, Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.engine import queue
from autotuner_core.engine.starts import AT_ONCE
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from tests.core.engine.places import Room, StubLoad, StubPlace, StubServer
from waiting import wait_for


@pytest.fixture(autouse=True)
def no_waiting_between_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "FIRST_BACK_OFF_SECONDS", 0.0)


def failing(cause: FailureCause, times: int = 1000, only: int | None = None) -> object:
    left = {"times": times}

    def behaviour(order: DeployOrder, scope: Scope) -> None:
        if left["times"] > 0 and only in (None, order.experiment):
            left["times"] -= 1
            raise ExperimentFailure(cause, "as asked", cure="ask otherwise")

    return behaviour


def test_every_configuration_is_measured_once(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace())
    assert room.run().reason == "completed"
    assert sorted(order.parameters["a"] for order in room.place.orders) == [1, 2, 3, 4]
    assert set(room.statuses().values()) == {"success"}
    assert not room.place.up


def test_a_failure_of_the_surroundings_is_tried_again_and_then_scored(tmp_path: Path) -> None:
    place = StubPlace(failing(FailureCause.STORAGE_FULL, times=2, only=2))
    room = Room(tmp_path, place, optimization={"retries": 2})
    assert room.run().reason == "completed"
    assert [order.attempt for order in place.orders if order.experiment == 2] == [1, 2, 3]
    assert room.statuses()[2] == "success"


def test_a_failure_of_the_configuration_is_not_tried_again(tmp_path: Path) -> None:
    place = StubPlace(failing(FailureCause.CRASH, only=2))
    room = Room(tmp_path, place, optimization={"retries": 2})
    room.run()
    assert [order.attempt for order in place.orders if order.experiment == 2] == [1]
    assert room.statuses() == {1: "success", 2: "failed", 3: "success", 4: "success"}


def test_a_broken_machine_does_not_burn_a_night(tmp_path: Path) -> None:
    place = StubPlace(failing(FailureCause.ENDPOINT_UNREACHABLE))
    end = Room(tmp_path, place).run()
    assert end.reason == "surroundings" and "endpoint_unreachable" in end.message and "ask otherwise" in end.message
    assert len(place.orders) == 3


def test_lost_access_ends_an_unattended_run_and_costs_no_experiment(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace(failing(FailureCause.API_UNREACHABLE, times=1)))
    assert room.run().reason == "access"
    assert list(room.statuses().values()) == ["queued"] * 4
    assert Room(tmp_path, StubPlace()).run().reason == "completed"


def test_a_fault_of_the_tuner_costs_the_attempt_and_not_the_run(tmp_path: Path) -> None:
    def behaviour(order: DeployOrder, scope: Scope) -> None:
        if order.experiment == 3:
            raise ValueError("a bug")

    room = Room(tmp_path, StubPlace(behaviour))  # type: ignore[arg-type]
    assert room.run().reason == "completed"
    assert room.statuses()[3] == "failed"
    ended = room.state.experiments[3].attempts[0].ended
    assert ended is not None and "a bug" in ended.message


def test_a_server_that_cannot_be_removed_does_not_take_the_score_away(tmp_path: Path) -> None:
    stuck = ExperimentFailure(FailureCause.STUCK_DELETION, "still there", retry=False)
    room = Room(tmp_path, StubPlace(stuck=stuck))
    assert room.run().reason == "completed"
    assert set(room.statuses().values()) == {"success"}
    assert any("still there" in note.text for note in room.state.notes)


def test_why_an_engine_failed_is_in_the_record_before_its_end_is_waited_for(tmp_path: Path) -> None:
    def crash(level: Level, scope: Scope) -> None:
        raise ExperimentFailure(FailureCause.CRASH, "the engine died")

    told: list[str] = []

    class Slow(StubServer):
        def stop(self, now: bool = False) -> None:
            told.extend(e.latest.stage_detail for e in room.state.running if e.latest)
            super().stop(now)

    class Place(StubPlace):
        def server(self, order: DeployOrder) -> StubServer:
            return Slow(self)

    room = Room(tmp_path, Place(), StubLoad(crash))
    room.run()
    assert told == ["crash: the engine died"] * 4


def test_a_stop_ends_the_experiment_under_way_and_leaves_it_queued(tmp_path: Path) -> None:
    def stop_in_the_second(order: DeployOrder, scope: Scope) -> None:
        if len(place.orders) == 2:
            scope.control.stop(Interruption.STOP)
            scope.wait(3600)

    place = StubPlace(stop_in_the_second)
    room = Room(tmp_path, place)
    assert room.run().reason == "stopped"
    assert sorted(room.statuses().values()) == ["queued"] * 3 + ["success"]


def test_a_resumed_run_measures_only_what_is_missing(tmp_path: Path) -> None:
    def stop_in_the_third(order: DeployOrder, scope: Scope) -> None:
        if len(place.orders) == 3:
            scope.control.stop(Interruption.STOP)
            scope.check()

    place = StubPlace(stop_in_the_third)
    first = Room(tmp_path, place)
    first.run()
    done = {number for number, status in first.statuses().items() if status == "success"}
    again = Room(tmp_path, StubPlace())
    assert again.run().reason == "completed"
    assert {order.experiment for order in again.place.orders} == {1, 2, 3, 4} - done
    assert set(again.statuses().values()) == {"success"}


def test_a_skip_ends_one_experiment_and_the_run_goes_on(tmp_path: Path) -> None:
    def skip(order: DeployOrder, scope: Scope) -> None:
        if order.experiment == 2:
            scope.control.skip(2)
            scope.wait(3600)

    room = Room(tmp_path, StubPlace(skip))
    assert room.run().reason == "completed"
    assert room.statuses() == {1: "success", 2: "skipped", 3: "success", 4: "success"}


def test_a_skip_during_the_back_off_does_not_start_the_experiment_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FIRST_BACK_OFF_SECONDS", 3600.0)
    monkeypatch.setattr(queue, "LONGEST_BACK_OFF_SECONDS", 3600.0)

    def skip_once(order: DeployOrder, scope: Scope) -> None:
        if order.experiment == 2:
            threading.Thread(target=skip_when_it_waits).start()
            raise ExperimentFailure(FailureCause.STORAGE_FULL, "as asked")

    def skip_when_it_waits() -> None:
        wait_for(lambda: room.state.experiments[2].failed_tries == 1)
        room.ask("skip", experiments=[2])

    place = StubPlace(skip_once)
    room = Room(tmp_path, place, optimization={"retries": 2})
    assert room.run().reason == "completed"
    assert [order.experiment for order in place.orders].count(2) == 1
    assert room.statuses()[2] == "skipped"


def test_no_more_experiments_are_under_way_than_the_task_allows(tmp_path: Path) -> None:
    meet = threading.Barrier(2, timeout=30)
    room = Room(
        tmp_path, StubPlace(), StubLoad(before=lambda level, scope: level.warm_up and meet.wait()),
        optimization={"max_parallel": 2}, local={"gpus": [0, 1]},
    )  # fmt: skip
    assert room.run().reason == "completed"
    assert room.place.most_at_once == 2


def test_many_at_once_do_not_all_begin_in_the_same_moment(tmp_path: Path) -> None:
    meet = threading.Barrier(AT_ONCE, timeout=30)

    def stop_when_all_met(level: Level, scope: Scope) -> None:
        meet.wait()
        scope.control.stop()

    room = Room(
        tmp_path, StubPlace(start_gap=3600), StubLoad(before=stop_when_all_met),
        optimization={"max_parallel": 4}, local={"gpus": [0, 1, 2, 3]},
    )  # fmt: skip
    assert room.run().reason == "stopped"
    assert len(room.place.orders) == AT_ONCE


def test_a_level_that_there_was_no_time_for_makes_no_score_of_the_others(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace(), benchmark={"timeout": 0.001})
    room.run()
    ended = room.state.experiments[1].attempts[0].ended
    assert ended is not None and ended.outcome == "failed" and ended.cause == "invalid_measurement"
    assert "timeout" in " ".join(ended.evidence)


def test_a_limit_of_time_ends_what_runs_and_is_named(tmp_path: Path) -> None:
    place = StubPlace(lambda order, scope: scope.wait(3600))
    room = Room(tmp_path, place, optimization={"max_hours": 0.2 / 3600})
    end = room.run()
    assert end.reason == "budget" and "max_hours" in end.message
    assert "queued" in room.statuses().values()


def test_a_person_who_pauses_is_obeyed_and_nothing_starts_until_the_run_is_resumed(tmp_path: Path) -> None:
    def pause(level: Level, scope: Scope) -> None:
        if not paused.is_set():
            paused.set()
            room.ledger.record(ev.Paused(reason="lunch"))
            threading.Timer(0.2, lambda: room.ledger.record(ev.Resumed())).start()

    paused = threading.Event()
    room = Room(tmp_path, StubPlace(), StubLoad(before=pause))
    assert room.run(unattended=False).reason == "completed"
    events = [event.type for event in read_journal(room.folder.journal)]
    assert "AttemptStarted" not in events[events.index("Paused") : events.index("Resumed")]
    assert set(room.statuses().values()) == {"success"}


def fails_once(number: int) -> object:
    return failing(FailureCause.STORAGE_FULL, times=1, only=number)


def ends(room: Room) -> bool:
    """Whether the run ends by itself, without anybody who wakes it."""
    run = threading.Thread(target=room.run, daemon=True)
    run.start()
    run.join(30)
    return not run.is_alive()


def test_a_try_that_falls_due_between_two_looks_at_the_clock_is_not_slept_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FIRST_BACK_OFF_SECONDS", 0.2)
    room = Room(tmp_path, StubPlace(fails_once(1)), optimization={"retries": 1})  # type: ignore[arg-type]
    looks: list[float] = []
    now = room.ledger.now

    def falls_due_between() -> float:
        waiting = [experiment for experiment in room.state.queue if experiment.failed_tries]
        nobody_will_wake_it = not any(thread.name.startswith("experiment-") for thread in threading.enumerate())
        if len(room.state.queue) == len(waiting) == 1 and nobody_will_wake_it and len(looks) < 2:
            looks.append(queue.due_at(waiting[0]) + (-1e-5 if not looks else 1e-5))
            return looks[-1]
        return now()

    monkeypatch.setattr(room.ledger, "now", falls_due_between)
    assert ends(room) and room.statuses()[1] == "success"


def test_a_clock_that_is_set_back_makes_no_try_wait_for_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FIRST_BACK_OFF_SECONDS", 0.2)
    real, back = time.time, [0.0]

    def set_the_clock_back(order: DeployOrder, scope: Scope) -> None:
        if order.experiment == 1 and order.attempt == 1:
            back[0] = 3600.0
            raise ExperimentFailure(FailureCause.STORAGE_FULL, "as asked")

    monkeypatch.setattr(time, "time", lambda: real() - back[0])
    room = Room(tmp_path, StubPlace(set_the_clock_back), optimization={"retries": 1})
    assert ends(room) and room.statuses()[1] == "success"
