"""Wrong task files are refused in words, at their place, without a traceback.

The files are in wrong/, and what is to be said of each in wrong/expected.txt, one error a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import load_task

WRONG = Path(__file__).with_name("wrong")
_ERROR = re.compile(r"  (?P<where>\d+:\d+) (?P<place>.*?): (?P<message>.*?)(?: -> (?P<cure>.*))?")


@dataclass(frozen=True)
class Expected:
    """One error: line:column, the place in the task, words of the message, words of the cure."""

    where: str
    place: str
    message: str
    cure: str


def expected_errors() -> dict[str, list[Expected]]:
    """By file name, in the order in which they are to be told."""
    table: dict[str, list[Expected]] = {}
    for line in (WRONG / "expected.txt").read_text(encoding="utf-8").splitlines():
        match = _ERROR.fullmatch(line)
        if match:
            last = next(reversed(table))
            table[last].append(Expected(match["where"], match["place"], match["message"], match["cure"] or ""))
        elif line and not line.startswith("#"):
            table[line] = []
    return table


EXPECTED = expected_errors()


def errors_of(name: str) -> list[Finding]:
    with pytest.raises(TaskError) as caught:
        load_task(WRONG / name)
    return list(caught.value.findings)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_user_is_told_every_error_of_a_file_with_line_place_and_cure(name: str) -> None:
    found = errors_of(name)
    assert [(f"{error.line}:{error.column}", error.place) for error in found] == [
        (error.where, error.place) for error in EXPECTED[name]
    ]
    for error, expected in zip(found, EXPECTED[name], strict=True):
        assert expected.message in error.message
        assert expected.cure in error.cure


def test_every_wrong_file_is_in_the_table() -> None:
    files = {path.name for path in WRONG.iterdir()} - {"expected.txt"}
    assert files == set(EXPECTED)
    assert len(files) >= 20


@pytest.mark.parametrize("name", EXPECTED)
def test_errors_are_words_for_people(name: str) -> None:
    for error in errors_of(name):
        text = f"{error.message} {error.cure}"
        assert error.severity is Severity.ERROR
        assert error.message.strip() and text.isprintable()
        for machinery in ("Traceback", "pydantic", "validation error", "Input should", "object at 0x", "ValueError"):
            assert machinery not in text
