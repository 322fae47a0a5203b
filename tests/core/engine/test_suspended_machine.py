"""A laptop that slept in the middle of a level: the clock that times it stood still, so it does not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_core.benchmark.base import Level
from autotuner_core.control import Scope
from autotuner_core.engine import level_series
from autotuner_core.run.events import AttemptEnded, LevelEnded
from autotuner_core.run.journal import read_journal
from tests.core.engine.places import Room, StubLoad, StubPlace


def test_a_level_through_which_the_machine_slept_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = [0.0]
    monkeypatch.setattr(level_series, "seconds_asleep", lambda: asleep[0])

    def sleeps_once(level: Level, scope: Scope) -> None:
        if level.index == 1 and not asleep[0]:
            asleep[0] = 1800.0

    parameters = {"a": {"type": "choice", "values": [1]}}
    room = Room(tmp_path, StubPlace(), StubLoad(sleeps_once), parameters=parameters, optimization={"retries": 1})
    assert room.run().reason == "completed"
    events = read_journal(room.folder.journal)
    (slept,) = (e for e in events if isinstance(e, LevelEnded) and e.verdict == "not_steady")
    assert "suspended for 1800 s" in slept.why
    assert [e.outcome for e in events if isinstance(e, AttemptEnded)] == ["failed", "scored"]
