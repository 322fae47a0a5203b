"""Two hosts that share a results folder: the second is told who has the run; one that was taken over ends."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from killing import Victim, held_task
from waiting import wait_for

VALUES = (0.01, 0.02)


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    return Victim(tmp_path, held_task(VALUES, tmp_path))


def taken_by_another_host(lock: Path, age: float = 0.0) -> None:
    """As a host of another name would have left it."""
    record = {"host": "elsewhere", "pid": 4711, "started": 0.0, "run_id": "ab12", "machine": "other", "token": "t"}
    part = lock.with_name("other.part")
    part.write_text(json.dumps(record))
    os.utime(part, (time.time() - age, time.time() - age))
    part.replace(lock)


def test_a_host_that_was_taken_over_ends_what_it_started_and_writes_nothing_more(victim: Victim) -> None:
    process = victim.begin()
    try:
        # The last thing that is recorded before a level's end is who makes its load.
        wait_for(
            lambda: any(e.type == "ResourceCreated" and "level" in e.name for e in victim.events()), what="a level"
        )
        folder = victim.run_folder
        assert folder is not None
        recorded, results = victim.recorded(), folder.results_file
        taken_by_another_host(folder.host_lock)
        assert process.wait(120) == 1
    finally:
        process.kill()
    assert "taken over by process 4711 on elsewhere" in victim.said()
    assert victim.recorded() == recorded and not results.exists()
    assert "elsewhere" in folder.host_lock.read_text(), "the lock is the other's"
    victim.seconds_until_all_is_gone()


def test_a_run_that_another_host_holds_is_refused_and_told_by_whom(victim: Victim) -> None:
    assert victim.kill_at(victim.begin(), lambda events: any(e.type == "LevelStarted" for e in events))
    folder = victim.run_folder
    assert folder is not None
    for age, word in ((0.0, "it was alive"), (300.0, "--take-over"), (-300.0, "--take-over")):
        taken_by_another_host(folder.host_lock, age)
        (victim.folder / "said.txt").unlink()
        assert victim.resume().wait(120) == 2
        told = victim.said()
        assert "process 4711 on elsewhere" in told and word in told


def test_what_another_host_may_have_left_running_is_told_and_never_called_gone(victim: Victim) -> None:
    assert victim.kill_at(victim.begin(), lambda events: any(e.type == "LevelStarted" for e in events))
    victim.seconds_until_all_is_gone()
    folder, me = victim.run_folder, victim.state().host
    assert folder is not None and me is not None
    there = folder.journal.read_text().replace(f'"host":"{me.host}"', '"host":"elsewhere"')
    folder.journal.write_text(there)
    left = {(kind, name) for kind, name in victim.state().resources if "exp1" in name}
    victim.let_go(*VALUES)
    victim.finish()
    (note,) = (note for note in victim.state().notes if note.code == "left_on_another_host")
    assert "elsewhere" in note.text and "autotuner-tui clean" in note.text
    assert ("process", "exp1-attempt1-engine") in left
    assert left == set(victim.state().resources), "nobody here saw that they are gone"
