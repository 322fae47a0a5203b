"""What is kept for the whole run, in a form that takes little room: a run of hundreds of experiments has thousands of
figures, each with the same hundred names, and stages with the same five."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

EXACT = 2**53
"""Whole numbers below it are kept as doubles, and come back as they were."""


PIECE = 64
"""Numbers that are kept together. Python has small blocks, of 512 bytes at most, apart from all larger ones: a few
hundred that stay among thousands of large ones that come and go would leave holes which nothing fits."""
FEW = 3
"""Values of its own that a look at other figures may have."""


class _Shape:
    """The names of a mapping, and where each value is: (kind, index); kind `d` a float, `i` an int, `o` another."""

    __slots__ = ("names", "places")

    def __init__(self, places: Mapping[str, tuple[str, int]]) -> None:
        self.places = {sys.intern(name): place for name, place in places.items()}
        self.names = tuple(self.places)


_SHAPES: dict[tuple[tuple[str, ...], object], _Shape] = {}
"""Every shape that was met, once: by names and kinds, or by names and what they were picked from. There are few: they
follow from what is measured."""
_WORDS: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Every sequence of words that was met, once."""


class Lean(Mapping[str, Any]):
    """A mapping that cannot be changed: its names are shared with all that have the same ones."""

    __slots__ = ("_numbers", "_others", "_shape")

    def __init__(self, shape: _Shape, numbers: tuple[array[float], ...], others: tuple[Any, ...]) -> None:
        self._shape, self._numbers, self._others = shape, numbers, others

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Lean:
        """The same values."""
        kinds = "".join(map(_kind, values.values()))
        every = [value for value, kind in zip(values.values(), kinds, strict=True) if kind != "o"]
        numbers = tuple(array("d", every[at : at + PIECE]) for at in range(0, len(every), PIECE))
        others = tuple(_shared(value) for value, kind in zip(values.values(), kinds, strict=True) if kind == "o")
        key = (tuple(values), kinds)
        shape = _SHAPES.get(key)
        if shape is None:
            shape = _SHAPES[key] = _Shape(_places(values, kinds))
        return cls(shape, numbers, others)

    def picked(self, values: Mapping[str, Any]) -> Lean | None:
        """`values`, in their order, as a look at these ones: what is the same is not kept twice. None where more than
        `FEW` are not."""
        own = {name: value for name, value in values.items() if not self._has(name, value)}
        if len(own) > FEW:
            return None
        key = (tuple(values), (self._shape, tuple(own)))
        shape = _SHAPES.get(key)
        if shape is None:
            added = {name: ("o", len(self._others) + index) for index, name in enumerate(own)}
            shape = _SHAPES[key] = _Shape({name: added.get(name) or self._shape.places[name] for name in values})
        return Lean(shape, self._numbers, (*self._others, *map(_shared, own.values())) if own else self._others)

    def _has(self, name: str, value: Any) -> bool:
        mine = self.get(name, _Shape)
        return type(mine) is type(value) and bool(mine == value)

    def __getitem__(self, name: str) -> Any:
        kind, index = self._shape.places[name]
        if kind == "o":
            return self._others[index]
        number = self._numbers[index // PIECE][index % PIECE]
        return number if kind == "d" else int(number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shape.names)

    def __len__(self) -> int:
        return len(self._shape.names)

    def __repr__(self) -> str:
        return repr(dict(self))


class Moments(Sequence[tuple[str, float]]):
    """Words with the times at which they began to hold (stages, say), in order. Only added to."""

    __slots__ = ("_times", "_words")

    def __init__(self) -> None:
        self._words: tuple[str, ...] = ()
        self._times = array("d")

    def append(self, moment: tuple[str, float]) -> None:
        """One more, the latest."""
        words = (*self._words, moment[0])
        self._words = _WORDS.setdefault(words, words)
        self._times.append(moment[1])

    @overload
    def __getitem__(self, index: int) -> tuple[str, float]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[str, float]]: ...
    def __getitem__(self, index: int | slice) -> tuple[str, float] | list[tuple[str, float]]:
        if isinstance(index, slice):
            return list(zip(self._words[index], self._times[index], strict=True))
        return self._words[index], self._times[index]

    def __len__(self) -> int:
        return len(self._words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


def lean(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same figures, made small; small ones as they are."""
    return values if isinstance(values, Lean) or len(values) < 8 else Lean.of(values)


def _kind(value: Any) -> str:
    if type(value) is float:
        return "d"
    return "i" if type(value) is int and -EXACT < value < EXACT else "o"


def _places(values: Mapping[str, Any], kinds: str) -> dict[str, tuple[str, int]]:
    """Where each value is: numbers and others are counted apart."""
    counted = {"o": 0, "d": 0}
    places = {}
    for name, kind in zip(values, kinds, strict=True):
        store = "o" if kind == "o" else "d"
        places[name] = (kind, counted[store])
        counted[store] += 1
    return places


_LISTS: dict[tuple[str, ...], list[str]] = {}


def _shared(value: Any) -> Any:
    """The same words, once in the whole process."""
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, list) and len(value) <= 10 and all(isinstance(word, str) for word in value):
        return _LISTS.setdefault(tuple(value), value)
    return value
