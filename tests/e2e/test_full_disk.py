"""The disk runs full under a run: it ends in words with nothing running and nothing recorded lost, and when there is
room again `resume` finishes it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest

from autotuner_core.run.events import AttemptEnded
from killing import Victim, check_whole, killed_task

VALUES = (0.01, 0.02)
LONGEST_END = 90.0  # seconds: experiments are tried again before their run is given up


class SmallDisk:
    """A file system of some megabytes."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self) -> None:
        with (self.place / "filler").open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                while self._takes(file, size):
                    pass

    @staticmethod
    def _takes(file: FileIO, size: int) -> bool:
        try:
            return file.write(b"x" * size) > 0
        except OSError as error:
            return error.errno != errno.ENOSPC

    def mend(self) -> None:
        (self.place / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=True)
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


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
