"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], deadline: float = 60.0, *, what: str = "") -> T:
    """Call `condition` until it returns something true, and return that.

    Fails the test when `deadline` seconds are over. `what` says in words what was waited for.
    """
    end = time.monotonic() + deadline
    pause = 0.002
    while True:
        if result := condition():
            return result
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline:g} s for {what or getattr(condition, '__name__', 'a condition')}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
