"""Files that come as numbered pieces through a pod's log (see program.py), put together here.

What comes was written by whoever can write to the claim: no path of it leads out of the folder, and nothing is unpacked
that is larger than was told, or than any result is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from autotuner_core.benchmark.volume.program import MARK, PIECE
from autotuner_core.run.whole_file import write_bytes

MOST_FILES = 10_000
MOST_BYTES = 4 << 30
"""Of all files together, unpacked. Results of single requests take about a kilobyte each."""
MOST_PACKED = 128 << 20
"""Of all pieces together: they are held in memory until the last one is there."""
STEP = 1 << 20  # bytes that are unpacked at once
LONGEST_PATH, DEEPEST = 255, 8


class VolumeFilesError(Exception):
    """What came is not what was to come: `str` says what is wrong."""


@dataclass(frozen=True)
class VolumeFile:
    """A file on the claim as it was told: `first` and `count` are its pieces' numbers."""

    path: str
    size: int
    sha256: str
    first: int
    count: int


class Pieces:
    """Takes the lines of one log after the other, until `missing` is None; then `unpack`. `free` and `size` of the
    volume are in bytes, None before they were told; `changes` counts how often the files were others than before."""

    def __init__(self) -> None:
        self.files: tuple[VolumeFile, ...] | None = None
        self.free: int | None = None
        self.size: int | None = None
        self.fault: Mapping[str, Any] | None = None
        self._pieces: dict[int, bytes] = {}
        self._told: object = None
        self.changes = 0

    def take(self, lines: Iterable[str]) -> int:
        """How many pieces are new. A line that is cut or damaged is passed over: its piece is still missing then.
        Where the files have changed since the last log, all begins anew. Raises VolumeFilesError."""
        before = len(self._pieces)
        for line in lines:
            mark, found, text = line.partition(MARK)
            if not found or mark:
                continue
            try:
                said = json.loads(text)
            except ValueError:
                continue
            if isinstance(said, dict):
                before = 0 if self._take(said) else before
        return len(self._pieces) - before

    @property
    def missing(self) -> int | None:
        """The number of the first piece that is not there yet; 0 before anything was told, None once all is there."""
        if self.files is None:
            return 0
        total = self.files[-1].first + self.files[-1].count if self.files else 0
        return next((number for number in range(total) if number not in self._pieces), None)

    def unpack(self, into: Path) -> list[Path]:
        """Write the files into the folder `into`, each whole or not at all; their places. Raises VolumeFilesError and
        OSError."""
        assert self.files is not None and self.missing is None, "all of it must have come"
        return [self._unpack(file, into) for file in self.files]

    def _take(self, said: Mapping[str, Any]) -> bool:
        """Whether what was there before does not count any more."""
        if said.get("says") == "files":
            return self._list(said)
        if said.get("says") == "fault":
            self.fault = said
        elif said.get("says") == "piece":
            self._keep(said)
        return False

    def _list(self, said: Mapping[str, Any]) -> bool:
        files = said.get("files")
        self.free, self.size, self.fault = _whole(said.get("free")), _whole(said.get("size")), None
        if files == self._told and self.files is not None:
            return False
        self.changes += self.files is not None
        self._told, self.files = files, _listed(files)
        self._pieces.clear()
        return True

    def _keep(self, said: Mapping[str, Any]) -> None:
        try:
            data = base64.b64decode(str(said.get("data")), validate=True)
        except (binascii.Error, ValueError):
            return
        number = said.get("number")
        if isinstance(number, int) and 0 < len(data) <= PIECE and zlib.crc32(data) == said.get("crc"):
            self._pieces[number] = data

    def _unpack(self, file: VolumeFile, into: Path) -> Path:
        place = into / file.path
        if not place.resolve().is_relative_to(into.resolve()):
            raise VolumeFilesError(f"{file.path} would lie outside of {into}")
        write_bytes(self._unpacked(file), place)
        return place

    def _unpacked(self, file: VolumeFile) -> Iterator[bytes]:
        unpacker, digest, size = zlib.decompressobj(), hashlib.sha256(), 0
        try:
            for number in range(file.first, file.first + file.count):
                packed = self._pieces[number]
                while packed and size <= file.size:
                    data = unpacker.decompress(packed, STEP)
                    packed, size = unpacker.unconsumed_tail, size + len(data)
                    digest.update(data)
                    yield data
        except zlib.error as error:
            raise VolumeFilesError(f"{file.path} cannot be unpacked: {error}") from error
        if not unpacker.eof or size != file.size or digest.hexdigest() != file.sha256:
            raise VolumeFilesError(f"{file.path} is not what was sent: its size or checksum is another")


def _listed(told: object) -> tuple[VolumeFile, ...]:
    """Raises VolumeFilesError for what no honest list would hold."""
    if not isinstance(told, list) or len(told) > MOST_FILES:
        raise VolumeFilesError(f"no list of files, or one of more than {MOST_FILES}")
    files: list[VolumeFile] = []
    first = 0
    for entry in told:
        file = _file(entry, first)
        files.append(file)
        first += file.count
    if sum(file.size for file in files) > MOST_BYTES or first * PIECE > MOST_PACKED:
        raise VolumeFilesError(f"the files are larger than {MOST_BYTES >> 30} GiB, or {MOST_PACKED >> 20} MiB packed")
    if len({file.path for file in files}) < len(files):
        raise VolumeFilesError("the list has a file twice")
    return tuple(files)


def _file(entry: object, first: int) -> VolumeFile:
    if not isinstance(entry, list) or len(entry) != 4:
        raise VolumeFilesError(f"this is no file of a list: {str(entry)[:200]}")
    path, size, sha256, count = entry
    if not isinstance(path, str) or not _is_below(path):
        raise VolumeFilesError(f"this path leads out of the folder, or is none: {str(path)[:200]!r}")
    numbers = _whole(size), _whole(count)
    if None in numbers or not isinstance(sha256, str):
        raise VolumeFilesError(f"{path}: its size, checksum or count of pieces is none")
    return VolumeFile(path, int(size), sha256, first, int(count))


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path).parts
    if not 0 < len(path) <= LONGEST_PATH or not path.isprintable() or "\\" in path:
        return False
    return len(parts) <= DEEPEST and "/".join(parts) == path and ".." not in parts and not path.startswith("/")


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
