"""Waiting until something is gone from the cluster. A stop or a skip does not cut this short: what is left would hold
its GPUs."""

from __future__ import annotations

import time
from collections.abc import Callable

from autotuner_core.control import Control


def wait_gone(gone: Callable[[], bool], control: Control, seconds: float, *, poll: float | None = None) -> bool:
    """Wait until `gone`, which is looked at whenever something is announced, and every `poll` seconds. False when
    `seconds` are over first."""
    deadline = time.monotonic() + seconds
    while True:
        version = control.version
        if gone():
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        control.wait_for_change(version, left if poll is None else min(left, poll))
