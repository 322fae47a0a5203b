"""GPUs and cores given out to experiments under way: never the same one twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from autotuner_core.control import Scope

Item = TypeVar("Item")

_LONG = 3600.0  # seconds; a wait without an end is made of these


class TooFew(Exception):
    """There never are so many."""


class Pool(Generic[Item]):
    """A fixed number of things. Thread-safe; who asked first is served first, so that a large wish is not passed over
    by small ones for ever."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(items)
        self.lost: tuple[Item, ...] = ()
        self._free = list(items)
        self._waiting: list[object] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.items)

    def take(self, count: int, scope: Scope) -> tuple[Item, ...]:
        """`count` of them, waited for. Raises TooFew, also as soon as too many are lost; Interrupted when asked to
        end."""
        if count == 0:
            return ()
        ticket = object()
        taken: list[Item] = []

        def take_turn() -> bool:
            with self._lock:
                if self._waiting[0] is ticket and count <= len(self._free):
                    taken.extend(self._free[:count])
                    del self._free[:count]
                return bool(taken) or count > len(self.items)

        with self._lock:
            self._waiting.append(ticket)
        try:
            while not scope.wait_until(take_turn, _LONG):
                pass
        finally:
            with self._lock:
                self._waiting.remove(ticket)
            scope.control.notify()
        if not taken:
            raise TooFew
        return tuple(taken)

    def give_back(self, items: Sequence[Item], scope: Scope) -> None:
        """Make them free again, in their old order, and wake those who wait."""
        with self._lock:
            self._free = [item for item in self.items if item in self._free or item in items]
        scope.control.notify()

    def lose(self, items: Sequence[Item], scope: Scope) -> None:
        """Give them out no more: something that cannot be ended holds them."""
        with self._lock:
            self.lost = (*self.lost, *items)
            self.items = tuple(item for item in self.items if item not in items)
        scope.control.notify()


@dataclass
class Lease:
    """What one experiment holds. Given back once, or lost."""

    scope: Scope
    gpu_pool: Pool[str]
    core_pool: Pool[tuple[int, ...]]
    gpus: tuple[str, ...] = ()
    cores: tuple[tuple[int, ...], ...] = ()

    def give_back(self) -> None:
        """Everything is free again. Safe to call twice."""
        gpus, cores = self._forget()
        self.gpu_pool.give_back(gpus, self.scope)
        self.core_pool.give_back(cores, self.scope)

    def lose_gpus(self) -> None:
        """The GPUs stay with a process that cannot be ended; the cores serve others."""
        gpus, cores = self._forget()
        self.gpu_pool.lose(gpus, self.scope)
        self.core_pool.give_back(cores, self.scope)

    def _forget(self) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
        held = self.gpus, self.cores
        self.gpus, self.cores = (), ()
        return held
