"""From a path to text: what is no readable text file of a sensible size is refused in words."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.errors import TaskError

MOST_BYTES = 256 * 1024
"""A task of a thousand parameters has about 100 KB; more is no task, and would only cost time to refuse later."""

_OTHER_ENCODINGS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF8: "UTF-8 with a byte order mark",
}


def refused(message: str, cure: str = "", line: int | None = None, column: int | None = None) -> TaskError:
    """The error for a file that cannot be read as a task at all."""
    return TaskError([Finding(Severity.ERROR, message, line=line, column=column, cure=cure, code="unreadable")])


def read_text(path: Path) -> str:
    """The text of a task file. Raises TaskError for what cannot be read, or is no text."""
    try:
        return decoded(_read_bytes(path))
    except FileNotFoundError:
        raise refused(f"there is no file {path}", "check the path, or write a task with `autotuner-tui new`") from None
    except PermissionError:
        raise refused(f"{path} may not be read", f"check its rights: ls -l {path}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise refused(f"{path} cannot be read: {reason}") from error


def _read_bytes(path: Path) -> bytes:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise refused(f"{path} is a folder, not a task file", "name the .json or .yaml file in it")
        if not stat.S_ISREG(mode):
            raise refused(f"{path} is no regular file", "save the task to a file first")
        chunks = []
        while chunk := os.read(descriptor, MOST_BYTES + 1):
            chunks.append(chunk)
            if sum(map(len, chunks)) > MOST_BYTES:
                break
        return b"".join(chunks)
    finally:
        os.close(descriptor)


def decoded(data: bytes) -> str:
    """The bytes of a task file as text. Raises TaskError for what is too large, empty, or not UTF-8."""
    if len(data) > MOST_BYTES:
        raise refused(f"the file is larger than {MOST_BYTES // 1024} KB, which no task is", "is it the right file?")
    for mark, name in _OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise refused(f"the file is {name}", "save it as plain UTF-8", 1, 1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise refused(
            f"the file is not UTF-8 (byte 0x{data[error.start]:02x})", "save it as UTF-8", line, column
        ) from None
