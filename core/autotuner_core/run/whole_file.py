"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "there is no permission to write there",
    errno.EPERM: "there is no permission to write there",
}


class FileWriteError(OSError):
    """A file could not be written; the older one, where there was one, is untouched."""

    def __str__(self) -> str:
        return self.strerror or super().__str__()


def write_json(document: Any, path: Path) -> None:
    """Write `document` as JSON: into a file beside `path`, to the disk, and then in its place in one step. Readers see
    the old file or the new one.

    Raises FileWriteError with the reason in words, ValueError for NaN or Infinity.
    """
    write_text([json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"], path)


def write_text(pieces: Iterable[str], path: Path) -> None:
    """The same for a text that comes in pieces."""
    # Half a character (a byte of the system's that is no text) becomes its JSON escape.
    write_bytes((piece.encode("utf-8", "backslashreplace") for piece in pieces), path)


def write_bytes(pieces: Iterable[bytes], path: Path) -> None:
    """The same for bytes. Where `pieces` raise, the older file stays too, and that is raised."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(part, pieces)
        os.replace(part, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink()
        if not isinstance(error, OSError):
            raise
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise FileWriteError(error.errno, f"cannot write {path}: {reason}") from error
    _sync_folder(path.parent)


def _write_through(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable. Some network file systems cannot; the file is in its place all the same."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
