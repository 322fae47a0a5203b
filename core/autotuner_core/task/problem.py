"""A problem as checks find it, before it is known where in the file it lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.place import Marks, Place, place_text

MOST_ERRORS = 100


@dataclass(frozen=True)
class Problem:
    """What is wrong (`message`), where, and what would be right (`cure`). `at_key` marks the key and not its value."""

    place: Place
    message: str
    cure: str = ""
    severity: Severity = Severity.ERROR
    code: str = "invalid"
    at_key: bool = False


def warning(place: Place, message: str, cure: str = "", code: str = "") -> Problem:
    """A problem that does not refuse the task, but may cost time or trust."""
    return Problem(place, message, cure, Severity.WARNING, code)


def note(place: Place, message: str, cure: str = "", code: str = "") -> Problem:
    """Something that is only said."""
    return Problem(place, message, cure, Severity.NOTE, code)


def outermost(problems: Iterable[Problem]) -> list[Problem]:
    """Without those that lie within the place of another."""
    problems = list(problems)
    places = {problem.place for problem in problems}
    return [
        problem for problem in problems if not any(problem.place[:end] in places for end in range(len(problem.place)))
    ]


def findings_of(problems: Iterable[Problem], marks: Marks | None) -> list[Finding]:
    """The problems with their lines and columns, in the order of the file, each once."""
    unique = list(dict.fromkeys(problems))
    found = [(problem, marks.find(problem.place, key=problem.at_key) if marks else None) for problem in unique]
    found.sort(key=lambda pair: (pair[1].line, pair[1].column) if pair[1] else (0, 0))
    return [
        Finding(
            severity=problem.severity,
            message=problem.message,
            place=place_text(problem.place),
            line=mark.line if mark else None,
            column=mark.column if mark else None,
            cure=problem.cure,
            code=problem.code,
        )
        for problem, mark in found
    ]


def shortened(errors: list[Finding]) -> list[Finding]:
    """At most MOST_ERRORS of them, and how many more there are."""
    if len(errors) <= MOST_ERRORS:
        return errors
    more = Finding(Severity.ERROR, f"and {len(errors) - MOST_ERRORS} more errors", code="more")
    return [*errors[:MOST_ERRORS], more]
