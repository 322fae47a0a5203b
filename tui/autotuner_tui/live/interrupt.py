"""Ctrl+C for a run whose host is a process of ours."""

from __future__ import annotations

import signal
import subprocess
import threading

REPEAT_SECONDS = 1.0


def interrupt(host: subprocess.Popen[bytes], *, again: bool) -> None:
    """Send it SIGINT: the first one ends the run cleanly, a second one (`again`) at once. Never waits.

    Two that come before a busy host looks are one to the kernel: the second is repeated until the host has left.
    """
    host.send_signal(signal.SIGINT)
    if again:
        threading.Thread(target=_repeat, args=(host,), name="interrupt", daemon=True).start()


def _repeat(host: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            host.wait(REPEAT_SECONDS)
            return
        except subprocess.TimeoutExpired:
            host.send_signal(signal.SIGINT)
