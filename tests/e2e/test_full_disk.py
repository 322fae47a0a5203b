"""The disk runs full under a run: it ends in words with nothing running and nothing recorded lost, and when there is
room again `resume` finishes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.run.events import AttemptEnded, ExperimentQueued
from disks import SmallDisk, small_disk
from killing import Victim, check_whole, held_task, killed_task
from waiting import wait_for

VALUES = (0.01, 0.02)
FIRST_FILES = ("host.lock", "task lock", "task.json", "journal.jsonl")  # without which a run does not begin
LONGEST_END = 240.0  # seconds: experiments are tried again before their run is given up


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.mark.parametrize("leaving", range(len(FIRST_FILES)), ids=FIRST_FILES)
def test_a_run_that_cannot_begin_on_a_full_disk_says_so_and_leaves_nothing(
    tmp_path: Path, disk: SmallDisk, leaving: int
) -> None:
    victim = Victim(tmp_path, killed_task(VALUES, tmp_path), disk.place / "results")
    (victim.results / "kills").mkdir(parents=True)
    disk.fill(leaving)
    assert victim.begin().wait(120) == 2, victim.said()
    assert "cannot be recorded" in victim.said() and "--results-dir" in victim.said()
    assert str(disk.place) in victim.said(), "it is said where there is no room"
    assert list((victim.results / "kills").iterdir()) == []


@pytest.mark.parametrize("moment", ["HostStarted", "AttemptStarted", "LevelStarted", "AttemptEnded"])
def test_a_disk_that_can_take_no_more_ends_the_run_and_loses_nothing(
    tmp_path: Path, disk: SmallDisk, moment: str
) -> None:
    victim = Victim(tmp_path, held_task(VALUES, tmp_path, optimization={"retries": 0}), disk.place / "results")
    process = victim.begin()
    try:
        if moment == "AttemptEnded":
            first = wait_for(lambda: [e for e in victim.events() if isinstance(e, ExperimentQueued)], 120)[0]
            victim.let_go(first.parameters["ttft"])
        wait_for(lambda: any(event.type == moment for event in victim.events()), 120, what=moment)
        disk.fill()
        kept = victim.recorded()
        victim.let_go(*VALUES)
        assert process.wait(LONGEST_END) == 1, victim.said()
    finally:
        process.kill()
    said = victim.said()
    assert "Traceback" not in said and ("No space left" in said or "storage_full" in said), said
    victim.seconds_until_all_is_gone()
    causes = {event.cause for event in victim.events() if isinstance(event, AttemptEnded)}
    assert causes <= {None, "storage_full"}, "the disk is nothing to hold against a configuration"
    assert victim.recorded().startswith(kept)
    kept = victim.recorded()
    disk.mend()
    victim.finish()
    undisturbed = {f'{{"ttft": {value}}}': round(value + 0.009, 5) for value in VALUES}
    check_whole(victim, undisturbed, [kept])
