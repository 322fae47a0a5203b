"""The errors of a level's requests, as lines of evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import RequestRow

REFUSALS = frozenset({401, 403, 404, 405, 415})
"""HTTP statuses that say the request itself is wrong (key, path, model name), whatever the engine's settings are."""

INVALID_ANSWER = -1
"""The code of an answer with status 200 that is none: no text, no tokens, or not the protocol."""

_NO_CONNECTION = re.compile(r"connection error|connection refused|failed to establish|name or service not known", re.I)

_LONGEST_MESSAGE = 200


def every_request_refused(rows: Sequence[RequestRow]) -> bool:
    """Whether every request that ended did so with one of REFUSALS."""
    ended = [row for row in rows if row.error is not None or row.end is not None]
    return bool(ended) and all(row.error in REFUSALS for row in ended)


def nobody_was_there(rows: Sequence[RequestRow]) -> bool:
    """Whether every request that ended found no one to talk to. (genai-bench gives those the status 503.)"""
    ended = [row for row in rows if row.error is not None or row.end is not None]
    return bool(ended) and all(row.error is not None and _NO_CONNECTION.search(row.error_message) for row in ended)


def mostly_invalid_answers(rows: Sequence[RequestRow]) -> bool:
    """Whether more than half of the failed requests were answered, with something that is no completion."""
    failed = [row.error for row in rows if row.error is not None]
    return failed.count(INVALID_ANSWER) * 2 > len(failed)


def worst_errors(rows: Sequence[RequestRow], most: int = 3) -> tuple[str, ...]:
    """The most frequent errors with their count and the first line of an example: `error 503 x 12: queue is full`."""
    codes = Counter(row.error for row in rows if row.error is not None)
    return tuple(_line(rows, code, count) for code, count in codes.most_common(most))


def _line(rows: Sequence[RequestRow], code: int | None, count: int) -> str:
    message = next((row.error_message for row in rows if row.error == code and row.error_message), "")
    first = message.strip().partition("\n")[0][:_LONGEST_MESSAGE]
    name = "no completion" if code == INVALID_ANSWER else f"error {code}"
    return f"{name} x {count}" + (f": {first}" if first else "")
