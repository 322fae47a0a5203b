"""Whatever a person asks, in whatever order, and wherever the host is killed: no experiment is lost or measured for
nothing. Commands come at random moments (a seed for each run); the journal is cut at many places, as a kill would leave
it, and each time the run is resumed."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run import events as ev
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from tests.core.engine.places import Room, StubLoad, StubPlace

LIMITS: dict[str, Any] = {"retries": 1, "max_parallel": 2}
GPUS = {"gpus": [0, 1]}


@pytest.fixture(autouse=True)
def short_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autotuner_core.engine.queue.FIRST_BACK_OFF_SECONDS", 0.01)


def disturbed_run(root: Path, seed: int) -> Room:
    """A run whose experiments take moments and fail now and then, under random commands, to its end."""
    chance = random.Random(seed)

    def deploy(order: DeployOrder, scope: Scope) -> None:
        scope.wait(0.004 * chance.random())
        draw = chance.random()
        if draw < 0.2:
            raise ExperimentFailure(FailureCause.EVICTED if draw < 0.15 else FailureCause.CRASH, "as drawn")

    def load(level: Level, scope: Scope) -> None:
        scope.wait(0.003 * chance.random())

    room = Room(root, StubPlace(deploy), StubLoad(before=load), optimization=LIMITS, local=GPUS)
    run = threading.Thread(target=room.run, kwargs={"unattended": False}, daemon=True)
    run.start()
    for _ in range(chance.randint(3, 14)):
        run.join(0.006 * chance.random())
        ask_something(room, chance)
    for _ in range(600):
        room.ask("resume")
        run.join(0.05)
        if not run.is_alive():
            break
    assert not run.is_alive(), "the run hangs"
    return room


def ask_something(room: Room, chance: random.Random) -> None:
    command = chance.choice(["pause", "resume", "skip", "skip", "rerun", "rerun", "add"])
    number = chance.randint(1, 5)
    given: dict[str, dict[str, Any]] = {
        "skip": {"experiments": [number]},
        "rerun": {"experiments": [number], "first": chance.random() < 0.5},
        "add": {"parameters": {"a": chance.randint(1, 9)}},
    }
    room.ask(command, **given.get(command, {}))


def resumed(root: Path, whole: list[ev.Event], lines: list[bytes], cut: int) -> Room:
    """The run as a kill after `cut` events left it, taken in hand again and brought to its end."""
    journal = root / "results" / "stub" / "ab12" / "journal.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"".join(lines[:cut]))
    room = Room(root, StubPlace(), optimization=LIMITS, local=GPUS)
    for experiment in RunState.of(whole[:cut]).experiments.values():
        for attempt in experiment.attempts:
            if attempt.ended is None:
                place = {"experiment": experiment.id, "attempt": attempt.attempt}
                room.ledger.record(ev.AttemptEnded(**place, outcome="interrupted", cause="interrupted"))
    run = threading.Thread(target=room.run, daemon=True)
    run.start()
    run.join(30)
    assert not run.is_alive(), f"cut after {cut} events: the resumed run hangs"
    return room


def check(before: RunState, after: Room, cut: int) -> None:
    for number, experiment in before.experiments.items():
        attempt = experiment.latest
        skip_asked = attempt is not None and attempt.ended is None and attempt.skip_asked
        orders = [order for order in after.place.orders if order.experiment == number]
        status = after.state.experiments[number].status
        told = f"cut after {cut} events, experiment {number}: {experiment.status}, then {status}, {len(orders)} orders"
        if experiment.status in ("queued", "running") and not skip_asked:
            assert status == "success" and len(orders) == 1, told
        else:
            assert not orders, told
            assert skip_asked or status == experiment.status, told


@pytest.mark.parametrize("seed", range(6))
def test_no_order_of_commands_and_no_kill_loses_or_repeats_an_experiment(tmp_path: Path, seed: int) -> None:
    room = disturbed_run(tmp_path / "whole", seed)
    assert not {"queued", "running"} & set(room.statuses().values())
    lines = room.folder.journal.read_bytes().splitlines(keepends=True)
    whole = read_journal(room.folder.journal)
    first = next(number for number, event in enumerate(whole, 1) if event.type == "HostStarted")
    for cut in range(first, len(whole) + 1, max(1, len(whole) // 12)):
        check(RunState.of(whole[:cut]), resumed(tmp_path / f"cut{cut}", whole, lines, cut), cut)
