"""The nearest right word to a wrong one, for "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None where none is near."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word[:200].lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?`, or an empty string."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near is not None else ""


def one_of(word: str, known: Iterable[str]) -> str:
    """The nearest known word, else all of them, as a cure."""
    known = list(known)
    return did_you_mean(word, known) or f"known here: {', '.join(known)}"
