"""Two runs on one machine falsify each other: both are to say so, whichever began first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.engine import host as host_module
from autotuner_core.engine.host import Host
from autotuner_core.engine.neighbours import tell_of_other_runs
from autotuner_core.report.summary import summary_text
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from tests.core.engine.held import held
from waiting import wait_for


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Host, Host]]:
    """The first of two runs, and the one that began while it was under way."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first = held(tmp_path / "one")
    second = held(tmp_path / "two")
    yield first, second
    second.close()
    first.close()


def neighbours_of(host: Host) -> list[str]:
    notes = RunState.of(read_journal(host.folder.journal)).notes
    return [note.text for note in notes if note.code == "machine_shared"]


def test_a_run_under_way_tells_once_of_one_that_began_beside_it(two: tuple[Host, Host]) -> None:
    first, second = two
    assert len(neighbours_of(second)) == 1 and not neighbours_of(first)
    tell_of_other_runs(first.run)
    tell_of_other_runs(first.run)
    (text,) = neighbours_of(first)
    assert text.startswith(f"run {second.folder.run_id} of held (process ")
    summary = " ".join(summary_text(RunState.of(read_journal(first.folder.journal)), 100).split())
    assert f"Warning: run {second.folder.run_id} of held" in summary


def test_the_host_looks_for_others_as_long_as_it_runs(two: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "TOUCH_SECONDS", 0.01)
    monkeypatch.setattr(host_module, "NEIGHBOUR_SECONDS", 0.0)
    first, _ = two
    first._ticker.start()
    wait_for(lambda: len(neighbours_of(first)) == 1)
    first._ended.set()
    first._ticker.join()
