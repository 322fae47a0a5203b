"""When Python looks for garbage. It looks through everything that there is, and nothing else goes on meanwhile: with
what a long run's record holds, a key would wait for it for a quarter of a second."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_readers = 0


def collect_from_now_on() -> None:
    """What is there now stays: it is left out of later collections. None is done while something is being read."""
    with _lock:
        gc.freeze()
        if not _readers:
            gc.enable()


@contextmanager
def reading_what_stays() -> Iterator[None]:
    """Look for none while this is read, nor for it later."""
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        collect_from_now_on()


def _count(more: int) -> None:
    global _readers
    with _lock:
        _readers += more
        gc.disable()
