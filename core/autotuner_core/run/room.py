"""Whether a folder can take what a child process writes: a program that ends because its output could not be kept does
not say so, and its log least of all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Errors of a place that can take no more."""

_PROBE_BYTES = 16384


def lack_of_room(folder: Path) -> str | None:
    """Why nothing can be written to the folder, in words; None where it takes some kilobytes."""
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(os.urandom(_PROBE_BYTES))
            os.fsync(probe.fileno())
    except OSError as error:
        return f"{error.strerror}: {folder}" if error.errno in FULL else None
    return None
