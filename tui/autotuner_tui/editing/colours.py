"""Which parts of a line of JSON or YAML are keys, texts, numbers, words of the language, comments.

By line and without a parser: it is as right on half-typed text as on whole text. (Native parsers were tried: a fault in
one ends the whole program, which is no price for colours.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autotuner_core.task.load import Kind

Span = tuple[int, int, str]
"""Start and end in the line, and one of KINDS."""

KINDS = ("key", "text", "number", "word", "comment")

_TEXT = r'"(?:[^"\\]|\\.)*"?'
_NUMBER = r"(?<![\w.-])-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w.-])"
_WORD = r"(?<![\w.-])(?:true|false|null)(?![\w.-])"
_JSON = re.compile(rf"(?P<key>{_TEXT}(?=\s*:))|(?P<text>{_TEXT})|(?P<number>{_NUMBER})|(?P<word>{_WORD})")
_YAML = re.compile(
    rf"(?P<comment>(?:^|(?<=\s))#.*)|(?P<key>(?:(?<=^)|(?<=[\s{{,]))(?:{_TEXT}|'[^']*'|[A-Za-z_$][\w.$-]*)(?=\s*:(?:\s|$)))"
    rf"|(?P<text>{_TEXT}|'(?:[^']|'')*'?)|(?P<number>{_NUMBER})|(?P<word>{_WORD})"
)


def spans(text: str, kind: Kind) -> Iterator[Span]:
    """The parts of one line that have a colour, from left to right."""
    for found in (_JSON if kind == "json" else _YAML).finditer(text):
        name = found.lastgroup
        assert name is not None
        yield found.start(), found.end(), name
