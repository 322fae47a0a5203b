"""Prints files of a folder, compressed, as numbered lines of a pod's log. It is run by the Python of whatever image the
results were made with, as `python3 -c TEXT FOLDER ENDINGS FIRST MOST`: Python 3.7 and its standard library are enough,
and it imports nothing of ours.

FOLDER is read with the folders below it, without following links; of its files those whose names end in one of ENDINGS
(separated by commas). The pieces of all files together are counted from 0; those from FIRST on are printed, at most
MOST of them, so that a log never grows to the size at which a node puts it away. Lines begin with a mark, and are JSON:

    {"says": "files", "files": [[PATH, BYTES, SHA256, PIECES], ...], "free": BYTES, "size": BYTES}   first
    {"says": "piece", "number": N, "crc": CRC32, "data": BASE64}                        of the compressed file
    {"says": "end", "next": N}                                                          last: the first not printed
    {"says": "fault", "reason": "missing" or "unreadable", "message": TEXT, "beside": [NAME, ...]}
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import sys
import zlib
from pathlib import Path
from typing import Any, Iterator

MARK = "@autotuner-file "
PIECE = 9000  # bytes: as base64 in a line, less than the 16 KiB at which container runtimes cut lines
READ = 1 << 16
BESIDE = 20


def say(**fields: Any) -> None:
    """One line, whole."""
    data = (MARK + json.dumps(fields) + "\n").encode("ascii")
    while data:
        data = data[os.write(1, data) :]


def found(folder: Path, endings: tuple) -> list:  # type: ignore[type-arg]
    """The files' paths below the folder, in an order that is the same each time."""
    paths: list = []  # type: ignore[type-arg]
    for place, folders, names in os.walk(str(folder), onerror=refuse):
        folders.sort()
        wanted = (Path(place, name) for name in names if name.endswith(endings))
        paths.extend(path for path in wanted if stat.S_ISREG(path.lstat().st_mode))
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def refuse(error: OSError) -> None:
    """A folder that cannot be read must not look like an empty one."""
    raise error


def pieces(path: Path, digest: Any) -> Iterator[bytes]:
    """The compressed file in pieces; `digest` takes what is read."""
    packer, rest = zlib.compressobj(6), b""
    with path.open("rb") as file:
        for data in iter(lambda: file.read(READ), b""):
            digest.update(data)
            rest += packer.compress(data)
            while len(rest) >= PIECE:
                yield rest[:PIECE]
                rest = rest[PIECE:]
    rest += packer.flush()
    for start in range(0, len(rest), PIECE):
        yield rest[start : start + PIECE]


def measured(folder: Path, name: str) -> list:  # type: ignore[type-arg]
    """A file's line in the list. It is read twice, so that no file has to be held in memory."""
    digest, path = hashlib.sha256(), folder / name
    count = sum(1 for _ in pieces(path, digest))
    return [name, path.lstat().st_size, digest.hexdigest(), count]


def main(folder: Path, endings: str, first: int, most: int) -> None:
    """Print what is asked for."""
    files = [measured(folder, name) for name in found(folder, tuple(endings.split(",")))]
    disk = os.statvfs(str(folder))
    say(says="files", files=files, free=disk.f_bavail * disk.f_frsize, size=disk.f_blocks * disk.f_frsize)
    number = 0
    for name, _size, _digest, count in files:
        if number + count <= first:
            number += count
            continue
        for data in pieces(folder / name, hashlib.sha256()):
            if number == first + most:
                return say(says="end", next=number)
            if number >= first:
                say(says="piece", number=number, crc=zlib.crc32(data), data=base64.b64encode(data).decode("ascii"))
            number += 1
    return say(says="end", next=number)


def explain(folder: Path, error: OSError) -> None:
    """What cannot be read; of a folder that is not there, what lies beside the place where it should be."""
    place = next(one for one in (folder, *folder.parents) if one.is_dir())
    reason, beside = ("unreadable", []) if place == folder else ("missing", sorted(os.listdir(str(place))))
    say(says="fault", reason=reason, message=str(error), beside=beside[:BESIDE])


if __name__ == "__main__":
    try:
        os.listdir(sys.argv[1])
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    except OSError as error:
        explain(Path(sys.argv[1]), error)
