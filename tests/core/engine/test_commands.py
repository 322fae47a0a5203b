"""A run does at once what a person asks of it, whatever it is busy with, and says in words what happens now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.engine.resume import _in_trouble
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run import events as ev
from autotuner_core.run.journal import JournalWriteError, read_journal
from autotuner_core.run.run_state import RunState
from tests.core.engine.places import Room, StubLoad, StubPlace, StubServer
from waiting import wait_for

FIRST = 3
"""The experiment whose turn is the first, by the task's seed."""

STAGES = ("deploying", "waiting", "benchmarking", "backing_off")


class Held:
    """An experiment that stays at a stage until it is told to end: by a command, or by `let_go`."""

    def __init__(self, stage: str, experiment: int) -> None:
        self.stage, self.experiment = stage, experiment
        self.reached, self.free = threading.Event(), threading.Event()

    def hold(self, scope: Scope) -> None:
        self.reached.set()
        scope.wait_until(self.free.is_set, 600)

    def let_go(self, room: Room) -> None:
        self.free.set()
        room.control.notify()

    def deploy(self, order: DeployOrder, scope: Scope) -> None:
        if order.experiment != self.experiment or self.free.is_set():
            return
        if self.stage == "backing_off":
            self.reached.set()
            raise ExperimentFailure(FailureCause.STORAGE_FULL, "as asked")
        if self.stage == "deploying":
            self.hold(scope)

    def load(self, level: Level, scope: Scope) -> None:
        if self.stage == "benchmarking" and scope.experiment == self.experiment and not self.free.is_set():
            self.hold(scope)


class SlowToReady(StubServer):
    held: Held

    def wait_ready(self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None) -> Endpoint:
        if self.held.stage == "waiting" and scope.experiment == self.held.experiment and not self.held.free.is_set():
            self.held.hold(scope)
        return super().wait_ready(scope, seconds)


class Place(StubPlace):
    held: Held

    def server(self, order: DeployOrder) -> StubServer:
        server = SlowToReady(self)
        server.held = self.held
        return server


@contextmanager
def held_at(stage: str, tmp_path: Path, experiment: int = 2, **changes: Any) -> Iterator[tuple[Room, Held]]:
    """A run in a thread of its own whose experiment has come to this stage and stays there."""
    held = Held(stage, experiment)
    place = Place(held.deploy)
    place.held = held
    room = Room(tmp_path, place, StubLoad(before=held.load), **{"optimization": {"retries": 1}, **changes})
    run = threading.Thread(target=room.run, kwargs={"unattended": False})
    run.start()
    try:
        assert held.reached.wait(30)
        if stage == "backing_off":
            wait_for(lambda: room.ledger.read(lambda state: state.experiments[2].failed_tries == 1))
        yield room, held
    finally:
        held.let_go(room)
        room.control.stop()
        run.join(30)
    assert not run.is_alive()


@pytest.fixture(autouse=True)
def long_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autotuner_core.engine.queue.FIRST_BACK_OFF_SECONDS", 50.0)


def status(room: Room, number: int) -> str:
    return room.ledger.read(lambda state: state.experiments[number].status)


def ended(room: Room, *statuses: str) -> Callable[[], bool]:
    return lambda: sorted(room.statuses().values()) == sorted(statuses)


@pytest.mark.parametrize("stage", STAGES)
def test_a_skip_ends_the_experiment_at_every_stage_and_the_others_are_measured(stage: str, tmp_path: Path) -> None:
    with held_at(stage, tmp_path) as (room, _):
        answer = room.ask("skip", experiments=[2])
        assert answer.ok and "experiment 2" in answer.message
        wait_for(ended(room, "success", "success", "success", "skipped"))
        assert room.statuses()[2] == "skipped"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stop_ends_the_run_at_every_stage_and_what_was_under_way_stays_to_be_measured(
    stage: str, tmp_path: Path
) -> None:
    with held_at(stage, tmp_path) as (room, _):
        assert room.ask("stop").ok
        wait_for(lambda: not room.ledger.read(lambda state: state.running))
        assert status(room, 2) == "queued"
        assert "at once" in room.ask("stop").message, "asked a second time it is done at once"


@pytest.mark.parametrize("stage", STAGES)
def test_a_pause_finishes_what_is_measured_starts_nothing_and_says_that_no_server_is_left(
    stage: str, tmp_path: Path
) -> None:
    with held_at(stage, tmp_path) as (room, held):
        answer = room.ask("pause")
        assert answer.ok and "nothing new starts" in answer.message
        held.let_go(room)
        wait_for(lambda: any(note.code == "pause_is_complete" for note in room.state.notes))
        note = next(note for note in room.state.notes if note.code == "pause_is_complete")
        assert "no server is left running" in note.text
        events = [event.type for event in read_journal(room.folder.journal)]
        assert "AttemptStarted" not in events[events.index("Paused") :]
        assert not room.place.up
        assert room.ask("resume").ok
        wait_for(lambda: room.ledger.read(lambda state: state.counts()["success"]) >= 3)


def test_a_server_that_a_pause_leaves_running_is_named(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path) as (room, held):
        room.ledger.record(ev.ResourceIntended(kind="process", name="engine exp9", token="t", experiment=9, attempt=1))
        room.ask("pause")
        held.let_go(room)
        wait_for(lambda: any("engine exp9" in note.text for note in room.state.notes))


def test_a_finished_experiment_is_measured_once_more_as_a_new_attempt_and_its_older_one_stays(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path, experiment=4) as (room, held):
        wait_for(lambda: room.place.orders[-1].experiment == 4)
        number = next(n for n, s in room.statuses().items() if s == "success")
        assert room.ask("rerun", experiments=[number]).ok
        held.let_go(room)
        wait_for(ended(room, *["success"] * 4))
        wait_for(lambda: len(room.state.experiments[number].attempts) == 2)
        assert [a.outcome for a in room.state.experiments[number].attempts] == ["scored", "scored"]


def test_what_is_asked_first_goes_before_all_that_wait_and_the_rest_to_the_end(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path, experiment=FIRST) as (room, _):
        waiting = [e.id for e in room.state.queue]
        room.ask("rerun", experiments=[waiting[0]])
        assert [e.id for e in room.state.queue] == [*waiting[1:], waiting[0]]
        room.ask("rerun", experiments=[waiting[0]], first=True)
        assert [e.id for e in room.state.queue] == waiting


def test_all_failed_ones_are_measured_once_more_by_one_word(tmp_path: Path) -> None:
    broken = {1, 3}

    def break_two(order: DeployOrder, scope: Scope) -> None:
        if order.experiment in broken:
            raise ExperimentFailure(FailureCause.CRASH, "as asked")

    room = Room(tmp_path, StubPlace(break_two))
    room.run()
    again = Room(tmp_path, StubPlace())
    assert again.ask("rerun", failed=True).ok
    again.run()
    assert set(again.statuses().values()) == {"success"}
    assert [len(again.state.experiments[n].attempts) for n in (1, 2, 3, 4)] == [2, 1, 2, 1]


def test_a_rerun_that_is_skipped_leaves_the_score_that_was_there(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path, experiment=4) as (room, _):
        wait_for(lambda: room.place.orders[-1].experiment == 4)
        number = next(n for n, s in room.statuses().items() if s == "success")
        room.ask("rerun", experiments=[number])
        assert status(room, number) == "queued"
        room.ask("skip", experiments=[number])
        assert status(room, number) == "success"


def test_a_configuration_added_by_hand_is_measured_and_says_so(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path, experiment=FIRST) as (room, held):
        answer = room.ask("add", parameters={"a": 9}, first=True)
        assert answer.ok, answer.message
        held.let_go(room)
        wait_for(ended(room, *["success"] * 5))
        added = room.state.experiments[5]
        assert (added.why, dict(added.parameters)) == ("by_hand", {"a": 9})
        assert room.place.orders[1].experiment == 5, "it was asked to be the first"


def test_a_value_typed_as_text_is_the_listed_one(tmp_path: Path) -> None:
    parameters = {"a": {"type": "choice", "values": ["1", "2"]}}
    room = Room(tmp_path, StubPlace(), parameters=parameters)
    assert "experiment" in room.ask("add", parameters={"a": 1}).message and len(room.state.experiments) <= 4


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("dance", {}, "pause, resume, skip"),
    ("pause", {"for": 3}, "'for'"),
    ("skip", {}, "[3, 4]"),
    ("skip", {"experiments": ["1"]}, "[3, 4]"),
    ("skip", {"experiments": [77]}, "no experiment 77"),
    ("skip", {"experiments": [1]}, "has its end already"),
    ("rerun", {"experiments": [2]}, "under way"),
    ("rerun", {"failed": True}, "no experiment has failed"),
    ("rerun", {"experiments": [1], "first": "yes"}, "true or false"),
    ("add", {}, "parameters"),
    ("add", {"parameters": {"b": 1}}, "no parameter of this name"),
    ("add", {"parameters": {"a": "text"}}, "a number"),
    ("add", {"parameters": {"a": 1}}, "experiment 1 already"),
    ("add", {"parameters": {"a": 8}}, "constraint"),
]


def test_what_cannot_be_done_is_refused_in_words_recorded_and_changes_nothing(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path, constraints=["a != 8"]) as (room, _):
        wait_for(lambda: room.place.orders[-1].experiment == 2)
        room.ledger.record(ev.Skipped(experiment=1, reason="for the test"))
        before = room.statuses()
        for command, arguments, words in REFUSED:
            answer = room.ask(command, **arguments)
            assert not answer.ok and words in answer.message, (command, arguments, answer)
        assert room.statuses() == before
        handled = [event for event in read_journal(room.folder.journal) if isinstance(event, ev.CommandHandled)]
        assert [event.outcome for event in handled] == ["refused"] * len(REFUSED)


def test_a_command_that_comes_twice_does_nothing_the_second_time_also_after_a_resume(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path) as (room, _):
        first = room.ask("add", "id-1", parameters={"a": 9})
        assert room.ask("add", "id-1", parameters={"a": 9}) == first
        assert len(room.state.experiments) == 5
    again = Room(tmp_path, StubPlace())
    assert again.ask("add", "id-1", parameters={"a": 9}) == first
    assert len(again.state.experiments) == 5


def test_a_skip_that_comes_when_all_is_measured_is_refused_and_takes_no_score_away(tmp_path: Path) -> None:
    answers = []

    class Asks(StubServer):
        def stop(self, now: bool = False) -> None:
            answers.append(room.ask("skip", experiments=[1]))
            super().stop(now)

    class AskingPlace(StubPlace):
        def server(self, order: DeployOrder) -> StubServer:
            return Asks(self) if order.experiment == 1 else StubServer(self)

    room = Room(tmp_path, AskingPlace())
    room.run()
    assert not answers[0].ok and "measured already" in answers[0].message
    assert set(room.statuses().values()) == {"success"}


class AsksDuring(StubPlace):
    """Calls `ask` at a moment of experiment 1: while it fails, or while its server is stopped."""

    ask: Callable[[], None]
    fails: FailureCause | None = None
    asked = False

    def server(self, order: DeployOrder) -> StubServer:
        place = self

        class Asks(StubServer):
            def wait_ready(
                self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None
            ) -> Endpoint:
                if order.experiment != 1 or place.asked:
                    return super().wait_ready(scope, seconds)
                place.asked = True
                place.ask()
                if place.fails is not None:
                    raise ExperimentFailure(place.fails, "as asked")
                scope.wait(600)
                raise AssertionError("nobody ended it")

        return Asks(self)


@pytest.mark.parametrize("then", ["stop", "fail for good", "fail to be tried again"])
def test_a_skip_that_was_promised_holds_whatever_comes_between(tmp_path: Path, then: str) -> None:
    def ask() -> None:
        answers.append(room.ask("skip", experiments=[1]))
        if then == "stop":
            room.ask("stop")

    answers: list[Any] = []
    place = AsksDuring()
    place.ask = ask
    place.fails = {"fail for good": FailureCause.CRASH, "fail to be tried again": FailureCause.STORAGE_FULL}.get(then)
    room = Room(tmp_path, place, optimization={"retries": 2})
    room.run()
    assert answers[0].ok and room.statuses()[1] == "skipped"
    again = Room(tmp_path, StubPlace())
    again.run()
    assert again.statuses()[1] == "skipped" and not any(order.experiment == 1 for order in again.place.orders)


def test_a_skip_that_was_promised_holds_where_the_host_is_killed_before_the_experiment_has_ended(
    tmp_path: Path,
) -> None:
    with held_at("benchmarking", tmp_path) as (room, _):
        journal = room.folder.journal.read_bytes()
        room.control.forget_skip(2)
        assert room.ask("skip", experiments=[2]).ok
        handled = read_journal(room.folder.journal)
        asked = next(event for event in handled if isinstance(event, ev.SkipAsked))
    lines = room.folder.journal.read_bytes().splitlines(keepends=True)
    room.folder.journal.write_bytes(b"".join(lines[: asked.seq]))
    assert len(journal) < room.folder.journal.stat().st_size
    again = Room(tmp_path, StubPlace())
    again.run()
    assert again.statuses()[2] == "skipped" and not any(order.experiment == 2 for order in again.place.orders)


def test_a_skip_in_the_last_moment_of_the_last_level_takes_the_score(tmp_path: Path) -> None:
    def ask(level: Level, scope: Scope) -> None:
        if scope.experiment == 1 and level.index == 2:
            answers.append(room.ask("skip", experiments=[1]))

    answers: list[Any] = []
    room = Room(tmp_path, StubPlace(), StubLoad(before=ask))
    room.run()
    assert answers[0].ok and room.statuses()[1] == "skipped"


def test_a_stop_is_in_the_record_at_once_and_a_second_person_who_means_a_polite_one_kills_nothing(
    tmp_path: Path,
) -> None:
    ends: list[bool] = []

    class Slow(StubServer):
        def stop(self, now: bool = False) -> None:
            ends.append(now)
            super().stop(now)

    class SlowPlace(StubPlace):
        def server(self, order: DeployOrder) -> StubServer:
            return Slow(self)

    def stop_twice(level: Level, scope: Scope) -> None:
        room.ask("stop")
        assert room.state.stopping is not None and not room.state.stopping.now
        assert "stopping" in room.ask("ping").message
        assert "already" in room.ask("stop", now=False).message
        scope.check()

    room = Room(tmp_path, SlowPlace(), StubLoad(before=stop_twice))
    assert room.run().reason == "stopped" and ends == [False]
    asked = [event for event in read_journal(room.folder.journal) if isinstance(event, ev.StopAsked)]
    assert [(event.by, event.now) for event in asked] == [("user", False)]
    assert Room(tmp_path, SlowPlace()).state.stopping is None, "a resumed run is not stopping"


def test_a_stop_that_cannot_be_recorded_is_carried_out_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(tmp_path, StubPlace())
    monkeypatch.setattr(room.ledger._journal, "_append", _full)
    assert room.ask("stop").ok and room.control.stopping is not None


def _full(line: bytes) -> None:
    raise JournalWriteError(Path("journal.jsonl"), OSError(28, "No space left on device"))


def test_a_second_stop_kills_a_server_that_is_being_shut_down(tmp_path: Path) -> None:
    ends: list[bool] = []

    class Slow(StubServer):
        def stop(self, now: bool = False) -> None:
            ends.append(now)
            super().stop(now)

    class SlowPlace(StubPlace):
        def server(self, order: DeployOrder) -> StubServer:
            return Slow(self)

    def stop_twice(level: Level, scope: Scope) -> None:
        room.ask("stop")
        assert "killed" in room.ask("stop").message
        scope.check()

    room = Room(tmp_path, SlowPlace(), StubLoad(before=stop_twice))
    assert room.run().reason == "stopped"
    assert ends == [True]


def test_a_person_who_has_an_experiment_measured_once_more_gets_its_retries_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autotuner_core.engine.queue.FIRST_BACK_OFF_SECONDS", 0.0)

    def fail(order: DeployOrder, scope: Scope) -> None:
        if order.experiment == 2:
            raise ExperimentFailure(FailureCause.STORAGE_FULL, "as asked")

    Room(tmp_path, StubPlace(fail), optimization={"retries": 1}).run()
    again = Room(tmp_path, StubPlace(fail), optimization={"retries": 1})
    again.ask("rerun", experiments=[2])
    again.run()
    assert len(again.state.experiments[2].attempts) == 4


def test_an_id_that_was_another_commands_is_refused(tmp_path: Path) -> None:
    with held_at("benchmarking", tmp_path) as (room, _):
        assert room.ask("pause", "mine").ok
        refused = room.ask("stop", "mine")
        assert not refused.ok and "another command" in refused.message
        assert room.control.stopping is None


def test_a_configuration_that_could_not_be_recorded_can_be_added_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(event: ev.Event) -> ev.Event:
        raise JournalWriteError(room.folder.journal, OSError(28, "No space left on device"))

    with held_at("benchmarking", tmp_path) as (room, _):
        with monkeypatch.context() as patched:
            patched.setattr(room.ledger, "record", full)
            assert "not done" in room.ask("add", parameters={"a": 9}).message
        assert room.ask("add", parameters={"a": 9}).ok
        assert "experiment 5 already" in room.ask("add", parameters={"a": 9.0}).message


def test_after_trouble_and_a_stop_what_the_trouble_failed_is_measured_again_by_a_resume(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace(_image_pull))
    run = threading.Thread(target=room.run, kwargs={"unattended": False})
    run.start()
    wait_for(lambda: room.ledger.read(lambda state: state.paused is not None))
    room.ask("stop")
    run.join(30)
    room.ledger.record(ev.RunEnded(reason="stopped"))
    assert _in_trouble(RunState.of(read_journal(room.folder.journal)))


def _image_pull(order: DeployOrder, scope: Scope) -> None:
    raise ExperimentFailure(FailureCause.IMAGE_PULL, "as asked", retry=False)


def test_a_run_that_ends_by_its_budget_or_its_surroundings_takes_no_commands_that_it_cannot_obey(
    tmp_path: Path,
) -> None:
    room = Room(tmp_path, StubPlace(_image_pull))
    assert room.run().reason == "surroundings"
    assert "has ended" in room.ask("rerun", failed=True).message
    room = Room(tmp_path / "budget", StubPlace(), optimization={"max_hours": 1e-9})
    assert room.run().reason == "budget"
    assert "has ended" in room.ask("add", parameters={"a": 9}).message


def test_a_run_that_is_over_takes_no_more_commands(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace())
    room.run()
    assert "has ended" in room.ask("rerun", experiments=[1]).message
    assert room.ask("ping").ok and "4 of 4" in room.ask("ping").message


def test_an_attended_run_in_trouble_pauses_and_goes_on_when_it_is_told_to(tmp_path: Path) -> None:
    broken = threading.Event()
    broken.set()

    def behaviour(order: DeployOrder, scope: Scope) -> None:
        if broken.is_set():
            raise ExperimentFailure(FailureCause.IMAGE_PULL, "as asked", retry=False)

    room = Room(tmp_path, StubPlace(behaviour))
    run = threading.Thread(target=room.run, kwargs={"unattended": False})
    run.start()
    wait_for(lambda: room.ledger.read(lambda state: state.paused is not None))
    assert room.state.paused is not None and room.state.paused.by == "surroundings"
    broken.clear()
    answer = room.ask("resume")
    assert answer.ok and "measured again" in answer.message
    run.join(30)
    assert set(room.statuses().values()) == {"success"}


def test_retries_are_not_given_anew_by_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autotuner_core.engine.queue.FIRST_BACK_OFF_SECONDS", 0.0)

    def break_then_stop(order: DeployOrder, scope: Scope) -> None:
        if order.experiment != 2:
            return
        if order.attempt == 2:
            scope.control.stop()
            scope.check()
        raise ExperimentFailure(FailureCause.STORAGE_FULL, "as asked")

    Room(tmp_path, StubPlace(break_then_stop), optimization={"retries": 1}).run()
    again = Room(tmp_path, StubPlace(break_then_stop), optimization={"retries": 1})
    again.run()
    outcomes = [a.outcome for a in RunState.of(read_journal(again.folder.journal)).experiments[2].attempts]
    assert outcomes == ["failed", "interrupted", "failed"], "one failure, one retry, and not two more"
