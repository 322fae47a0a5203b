"""The disk runs full under a run: it ends in words with nothing running and nothing recorded lost, and when there is
room again `resume` finishes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.run.events import AttemptEnded
from disks import SmallDisk, small_disk
from killing import Victim, check_whole, killed_task

VALUES = (0.01, 0.02)
LONGEST_END = 90.0  # seconds: experiments are tried again before their run is given up


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_a_run_that_cannot_begin_on_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, disk: SmallDisk) -> None:
    victim = Victim(tmp_path, killed_task(VALUES, tmp_path), disk.place / "results")
    (victim.results / "kills").mkdir(parents=True)
    disk.fill()
    assert victim.begin().wait(60) == 2
    assert "cannot be recorded" in victim.said() and "--results-dir" in victim.said()
    assert list((victim.results / "kills").iterdir()) == []


@pytest.mark.parametrize("moment", ["HostStarted", "AttemptStarted", "LevelStarted", "AttemptEnded"])
def test_a_disk_that_can_take_no_more_ends_the_run_and_loses_nothing(
    tmp_path: Path, disk: SmallDisk, moment: str
) -> None:
    victim = Victim(tmp_path, killed_task(VALUES, tmp_path, optimization={"retries": 0}), disk.place / "results")
    process = victim.begin()
    try:
        while not any(event.type == moment for event in victim.events()):
            assert process.poll() is None, victim.said()
        disk.fill()
        kept = victim.recorded()
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
