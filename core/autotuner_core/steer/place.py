"""Where control sockets lie: a short folder of the user's own, because the path of a socket has 108 bytes at most
(104 on macOS), and because XDG_RUNTIME_DIR vanishes when its user logs out."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from autotuner_core.run.folder import RunFolder

LONGEST_PATH = 100  # bytes


class UnsafePlace(OSError):
    """The folder is there, and not the user's alone: what lies in it may be anybody's."""


def socket_folder() -> Path:
    """The folder of this user's sockets; it need not be there yet."""
    name = f"autotuner-tui-{os.getuid()}"
    folder = Path(tempfile.gettempdir()) / name
    # 20 bytes for the socket's own name; a deep TMPDIR would leave no room for them.
    return folder if len(os.fsencode(folder)) + 20 <= LONGEST_PATH else Path("/tmp") / name


def socket_path(folder: RunFolder) -> Path:
    """The socket of a run's host: told apart by the run's folder, since run ids are unique within a task only."""
    digest = hashlib.sha256(os.fsencode(folder.root)).hexdigest()[:8]
    return socket_folder() / f"{folder.run_id[:8]}-{digest}"


def make_socket_folder() -> Path:
    """Make the folder with mode 0700, and see that it is safe. Raises OSError."""
    folder = socket_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    check_safe(folder)
    return folder


def check_safe(folder: Path) -> None:
    """Raises UnsafePlace where others than this user may have put something there; OSError where it is not there."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnsafePlace(f"{folder} belongs to somebody else: remove it, or set TMPDIR to another folder")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise UnsafePlace(f"{folder} is open to others: `chmod 700 {folder}`, after a look at what is in it")
