"""Which things have changed since somebody looked: so that a look at many costs what has changed of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass
class Touched(Generic[Key]):
    """Keys in the order in which each was touched last. `moment` counts touches; whoever looks remembers the one of its
    last look."""

    moment: int = 0
    _last: dict[Key, int] = field(default_factory=dict)

    def touch(self, keys: Iterable[Key]) -> None:
        """What is known of these may be another from now on."""
        self.moment += 1
        for key in keys:
            self._last.pop(key, None)
            self._last[key] = self.moment

    def since(self, moment: int) -> list[Key]:
        """Those that were touched after that moment, the latest first."""
        found = []
        for key in reversed(self._last):
            if self._last[key] <= moment:
                break
            found.append(key)
        return found
