"""A JSON task file: its value, and where everything in it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from autotuner_core.task.place import Mark, Marks, Place
from autotuner_core.task.problem import Problem, outermost
from autotuner_core.task.text import refused

DEEPEST = 40
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)

_WORDS = {
    "Expecting ',' delimiter": "a comma is missing before this (or a closing bracket)",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a key in double quotes belongs here",
    "Expecting value": "a value belongs here",
    "Extra data": "something follows after the end of the task",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a text ends before its line does; a line break in it is written \\n",
    "Invalid \\escape": "a backslash begins no escape here; write two for one",
}


def read_json(text: str) -> tuple[Any, Marks, list[Problem]]:
    """The value of a JSON text, the marks of its keys and values, and its duplicate keys.

    NaN, Infinity and numbers without end come as the float they are, to be refused at their place. Raises TaskError
    for what is no JSON, or is nested deeper than DEEPEST.
    """
    _refuse_depth(text)
    try:
        value = json.loads(text, parse_int=_whole_number)
    except json.JSONDecodeError as error:
        _refuse_without_brace(text)
        what, error = _in_words(error, text)
        raise refused(f"this is no JSON: {what}", "", error.lineno, error.colno) from None
    marks, duplicates = _Scan(text).run()
    return value, marks, duplicates


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) < 100 else float("inf")


def _refuse_without_brace(text: str) -> None:
    """Whatever else is wrong follows from that: what the parser says of it would mislead."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] not in ("{", "[", "/", "#"):
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        cure = 'begin with {"task_name": …} and end with }; a task in YAML belongs in a .yaml file'
        raise refused("a task in JSON begins with an opening brace {", cure, line, column)


def _in_words(error: json.JSONDecodeError, text: str) -> tuple[str, json.JSONDecodeError]:
    """What is wrong, and the error moved to where it is (Python before 3.13 names the bracket after the comma)."""
    rest = text[error.pos : error.pos + 2]
    before = text[: error.pos].rstrip()
    if rest[:1] in ("}", "]") and before.endswith(","):
        return "a comma before a closing bracket", json.JSONDecodeError("", text, len(before) - 1)
    if error.msg.startswith("Illegal trailing comma"):
        return "a comma before a closing bracket", error
    if rest[:1] == "'":
        return "text stands in double quotes", error
    if rest in ("//", "/*") or rest[:1] == "#":
        return "comments are not allowed (they are in YAML)", error
    return _WORDS.get(error.msg, error.msg[:1].lower() + error.msg[1:]), error


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        sign = token.group()
        depth += 1 if sign in ("{", "[") else -1 if sign in ("}", "]") else 0
        if depth > DEEPEST:
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - text.rfind("\n", 0, token.start())
            raise refused(f"nested deeper than {DEEPEST} levels, which no task is", "", line, column)


class _Scan:
    """One walk over the tokens of a text that is known to be JSON."""

    def __init__(self, text: str) -> None:
        self._tokens = self._with_marks(text)
        self._marks = Marks()
        self._duplicates: list[Problem] = []

    def run(self) -> tuple[Marks, list[Problem]]:
        sign, mark = next(self._tokens)
        self._value(sign, mark, ())
        return self._marks, outermost(self._duplicates)

    @staticmethod
    def _with_marks(text: str) -> Iterator[tuple[str, Mark]]:
        line, line_start = 1, 0
        for token in _TOKEN.finditer(text):
            while (newline := text.find("\n", line_start, token.start())) >= 0:
                line, line_start = line + 1, newline + 1
            yield token.group(), Mark(line, token.start() - line_start + 1)

    def _value(self, sign: str, mark: Mark, place: Place) -> None:
        self._marks.values[place] = mark
        if sign == "{":
            self._object(place)
        elif sign == "[":
            self._list(place)

    def _object(self, place: Place) -> None:
        for sign, mark in self._tokens:
            if sign == "}":
                return
            if sign == ",":
                continue
            inner = (*place, str(json.loads(sign)))
            if inner in self._marks.keys:
                first = self._marks.keys[inner].line
                message = f"the key appears twice; the first is in line {first}"
                self._duplicates.append(Problem(inner, message, "remove one of the two", at_key=True, code="duplicate"))
            self._marks.keys[inner] = mark
            next(self._tokens)  # the colon
            self._value(*next(self._tokens), inner)

    def _list(self, place: Place) -> None:
        index = 0
        for sign, mark in self._tokens:
            if sign == "]":
                return
            if sign == ",":
                continue
            self._value(sign, mark, (*place, index))
            index += 1
