"""Figures that are kept for the whole run, in a form that takes little room: a run of hundreds of experiments has
thousands of them, each with the same hundred names."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import Any

_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Every set of names that was met, once. There are few: they follow from what is measured."""


class Lean(Mapping[str, Any]):
    """A mapping that cannot be changed: its names are shared with all that have the same ones."""

    __slots__ = ("_names", "_numbers", "_others")

    def __init__(self, values: Mapping[str, Any]) -> None:
        names = tuple(values)
        shared = _NAMES.get(names)
        if shared is None:
            shared = tuple(map(sys.intern, names))
            _NAMES[shared] = shared
        self._names = shared
        others = {name: value for name, value in values.items() if type(value) is not float}
        self._numbers = array("d", (0.0 if name in others else value for name, value in values.items()))
        self._others = others

    def __getitem__(self, name: str) -> Any:
        if name in self._others:
            return self._others[name]
        try:
            return self._numbers[self._names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(dict(self))


def lean(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same figures, made small; small ones as they are."""
    return values if isinstance(values, Lean) or len(values) < 8 else Lean(values)
