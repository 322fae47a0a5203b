"""Turns among processes that want to change one lock file: by the kernel's lock of a file beside it, which is given
back by whatever end of its holder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

TURN_SECONDS = 5.0
"""A turn takes milliseconds; who holds it for longer has been stopped in the middle of it."""

_LOOK_AGAIN = 0.01  # seconds
_NO_SUCH_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EBADF)


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """While it is this process's turn to change `path`. Where the file system has no such locks (some of NFS), it is
    everybody's turn at once. Raises TimeoutError after TURN_SECONDS, and OSError."""
    beside = path.with_name(f".{path.name}.turn.part")  # of a name that `clean` knows, should it be left
    deadline = time.monotonic() + TURN_SECONDS
    while True:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _locked(descriptor, deadline):
                raise TimeoutError(errno.ETIMEDOUT, "another process is changing it", str(path))
            if not _is_there(descriptor, beside):  # whoever had it before has removed it
                continue
            try:
                yield
            finally:
                beside.unlink(missing_ok=True)
            return
        finally:
            os.close(descriptor)


def _locked(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
        except OSError as error:
            if error.errno not in _NO_SUCH_LOCKS:
                raise
            return True
        time.sleep(_LOOK_AGAIN)


def _is_there(descriptor: int, path: Path) -> bool:
    mine = os.fstat(descriptor)
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (found.st_dev, found.st_ino)
