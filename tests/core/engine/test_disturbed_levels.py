"""A level in which the way to the engine broke measures the break: it is cut and run again, and not for ever. Levels
that a dead host finished are not run again where their server outlived it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.engine.kept_levels import finished_levels
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from tests.core.engine.places import Room, StubLoad, StubPlace, StubServer


class Breaking(StubPlace):
    """Servers whose way breaks in each of the first `times` levels; it is whole again when that is asked for."""

    def __init__(self, times: int, recovers: ExperimentFailure | None = None) -> None:
        super().__init__()
        self.times, self.recovers, self.broken, self.recoveries = times, recovers, 0, 0

    def load(self, level: Level, scope: Scope) -> None:
        if not level.warm_up and self.broken < self.times:
            self.broken += 1

    def server(self, order: DeployOrder) -> StubServer:
        place = self

        class Server(StubServer):
            def disturbances(self) -> int:
                return place.broken

            def recover(self, scope: Scope) -> None:
                place.recoveries += 1
                if place.recovers is not None:
                    raise place.recovers

        return Server(self)


def run(root: Path, place: Breaking) -> list[ev.Event]:
    room = Room(root, place, StubLoad(place.load), parameters={"a": {"type": "choice", "values": [1]}})
    room.run()
    return read_journal(room.folder.journal)


def ends(events: list[ev.Event]) -> list[tuple[int, str, str]]:
    return [(e.level, e.verdict, e.ended_by) for e in events if isinstance(e, ev.LevelEnded) and e.level > 0]


def test_a_level_whose_way_broke_is_cut_and_measured_again(tmp_path: Path) -> None:
    place = Breaking(times=1)
    events = run(tmp_path, place)
    assert ends(events) == [(1, "cut", "forward_lost"), (1, "ok", "requests"), (2, "ok", "requests")]
    assert place.recoveries == 1
    assert isinstance(events[-1], ev.AttemptEnded) and events[-1].outcome == "scored"


def test_a_way_that_breaks_again_and_again_fails_the_attempt_and_says_what_lies_between(tmp_path: Path) -> None:
    end = next(e for e in run(tmp_path, Breaking(times=100)) if isinstance(e, ev.AttemptEnded))
    assert end.cause == "port_forward_lost" and "API server" in end.cure


def test_a_way_that_broke_because_the_server_is_gone_is_told_as_that(tmp_path: Path) -> None:
    gone = ExperimentFailure(FailureCause.NODE_LOST, "the node went away")
    end = next(e for e in run(tmp_path, Breaking(times=1, recovers=gone)) if isinstance(e, ev.AttemptEnded))
    assert end.cause == "node_lost"


@pytest.mark.parametrize(("verdict", "kept"), [("ok", True), ("slo_missed", True), ("cut", False)])
def test_finished_levels_of_a_killed_attempt_are_known_and_cut_ones_are_not(
    tmp_path: Path, verdict: str, kept: bool
) -> None:
    room = Room(tmp_path, StubPlace(), parameters={"a": {"type": "choice", "values": [1]}})
    traffic = {"experiment": 1, "attempt": 1, "scenario": "D(10,10)", "concurrency": 1}
    room.ledger.record(ev.AttemptStarted(experiment=1, attempt=1))
    room.ledger.record(ev.LevelEnded(**traffic, level=0, verdict="ok", purpose="warm_up"))
    room.ledger.record(ev.LevelEnded(**traffic, level=1, verdict=verdict, figures={"output_throughput": 3.0}))
    known = finished_levels(room.state, 1, 1)
    assert known[0] is None and (1 in known) == kept
    assert finished_levels(room.state, 1, 2) == {}
    if (judged := known.get(1)) is not None:
        assert judged.figures.get("output_throughput") == 3.0


def test_an_adopted_attempt_goes_on_behind_its_finished_levels(tmp_path: Path) -> None:
    room = Room(tmp_path, StubPlace(), parameters={"a": {"type": "choice", "values": [1]}})
    room.ledger.record(ev.AttemptStarted(experiment=1, attempt=1))
    room.run_level_events(1)
    again = Room(tmp_path, StubPlace(), parameters={"a": {"type": "choice", "values": [1]}})
    assert again.statuses() == {1: "queued"}
    again.ledger.record(ev.AttemptAdopted(experiment=1, attempt=1))
    assert again.statuses() == {1: "running"}
    assert again.run(adopted=[1]).reason == "completed"
    levels = [e.level for e in read_journal(again.folder.journal) if isinstance(e, ev.LevelStarted)]
    assert levels == [2]
    assert [order.attempt for order in again.place.orders] == [1]
    assert again.statuses() == {1: "success"}
