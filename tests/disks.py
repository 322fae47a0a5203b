"""Disks that run full or fail under a test: real file systems, mounted for it alone, which takes root."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

import pytest

PAGE = os.sysconf("SC_PAGE_SIZE")  # what the smallest file takes


def call(*command: str | Path) -> None:
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def mounted(*options: str | Path) -> Iterator[None]:
    """`mount OPTIONS`, whose last is the place; it is away again at the end, also where something is still open."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    call("mount", *options)
    try:
        yield
    finally:
        call("umount", "-l", options[-1])


class SmallDisk:
    """A file system of some megabytes."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self, leaving: int = 0) -> None:
        """Until there is room for so many small files and no more."""
        with (self.place / "filler").open("wb", buffering=0) as file:
            for size in (65536, PAGE, 1):
                while self._takes(file, size):
                    pass
            file.truncate(file.tell() - leaving * PAGE)

    @staticmethod
    def _takes(file: FileIO, size: int) -> bool:
        try:
            return file.write(b"x" * size) > 0
        except OSError as error:
            return error.errno != errno.ENOSPC

    def mend(self) -> None:
        (self.place / "filler").unlink()


@contextmanager
def small_disk(place: Path, size: str = "2m") -> Iterator[SmallDisk]:
    """A file system of its own at `place`, with so much room."""
    place.mkdir(parents=True, exist_ok=True)
    with mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", place):
        yield SmallDisk(place)


class FullFiles:
    """Single files that can take nothing, in folders that can."""

    def __init__(self, disk: SmallDisk, mounts: ExitStack) -> None:
        self._disk, self._mounts = disk, mounts
        self._count = 0

    def put(self, path: Path) -> None:
        """An empty file of a full disk, in the place of `path`."""
        full = self._disk.place / str(self._count)
        self._count += 1
        for file in (full, path):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        self._mounts.enter_context(mounted("--bind", full, path))

    def are_empty(self) -> bool:
        """Whether nothing that was tried could be written."""
        return not any((self._disk.place / str(number)).stat().st_size for number in range(self._count))

    def mend(self) -> None:
        """The files that were there before are there again."""
        self._mounts.close()


@contextmanager
def full_files(place: Path) -> Iterator[FullFiles]:
    """`place` is for the full disk itself."""
    with small_disk(place, "64k") as disk, ExitStack() as mounts:
        disk.fill()
        yield FullFiles(disk, mounts)


class FailingDisk:
    """A disk whose file system the kernel makes read-only when it fails, under the open files."""

    def __init__(self, place: Path, image: Path) -> None:
        self.place, self._image = place, image

    def fail(self) -> None:
        call("mount", "-o", "remount,abort", self.place)

    def mend(self) -> None:
        """Unmount it, and mount it again."""
        call("umount", self.place)
        call("mount", "-o", "loop", self._image, self.place)


@contextmanager
def failing_disk(place: Path, image: Path) -> Iterator[FailingDisk]:
    """Such a disk at `place`, kept in the file `image`."""
    place.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(16 << 20)
    call("mkfs.ext4", "-q", image)
    with mounted("-o", "loop,errors=remount-ro", image, place):
        yield FailingDisk(place, image)
