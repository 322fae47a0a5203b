"""The three standard descriptors, made fit for a run that may outlive its terminal."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys

from autotuner_tui.cli.visible import made_visible


def prepare_streams() -> None:
    """Open /dev/null where a standard descriptor is closed, so that no file of ours ever takes its number; let no
    character that the terminal cannot show raise, and none of what is told steer it; tell where a hard crash
    happened."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            point_at_nothing(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):  # stderr replaced by a test or closed
        faulthandler.enable()
    sys.stdout, sys.stderr = made_visible(sys.stdout), made_visible(sys.stderr)


def point_at_nothing(descriptor: int) -> None:
    """Make the descriptor /dev/null: what is written there is lost, without an error."""
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != descriptor:
        os.dup2(nothing, descriptor)
        os.close(nothing)


def quiet_exit() -> None:
    """Flush; where the reader is gone, point the descriptor at nothing, or the interpreter's own flush complains."""
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                point_at_nothing(descriptor)
