"""Objects and lists in brackets (JSON, and YAML's flow style), read as far as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autotuner_core.task.place import Place

_TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|[{}\[\],]|:(?=\s|$|["{\[])|(?:[^\s{}\[\],:"]|:(?!\s|$|["{\[]))+')


@dataclass
class _Object:
    """`key` is the last one that was read; `before_value` says that its colon was."""

    key: str | None = None
    before_value: bool = False

    def step(self) -> str | None:
        return self.key


@dataclass
class _List:
    index: int = 0

    def step(self) -> int:
        return self.index


@dataclass(frozen=True)
class Token:
    """A bracket, comma, colon, text in quotes or bare word, with where it begins and ends in the text."""

    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """What it says, without quotes."""
        return self.text[1:].removesuffix('"') if self.text.startswith('"') else self.text


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Those of the text from an offset on; what is between them (spaces, odd signs) is passed over."""
    for match in _TOKEN.finditer(text, start):
        yield Token(match.group(), *match.span())


def place_in_flow(text: str, offset: int, start: int = 0) -> tuple[Place, bool]:
    """The keys and indexes that lead to `offset`, read from the bracket at `start` on; and whether a bracket is still
    open there. The key that is being typed is the last step."""
    stack: list[_Object | _List] = []
    for token in tokens(text, start):
        begins_here = token.start == offset and token.text not in "{}[],:"
        if token.start >= offset and not begins_here:
            break
        _read(token, stack)
        if not stack:
            break
    steps = [frame.step() for frame in stack]
    return tuple(step for step in steps if step is not None), bool(stack)


def _read(token: Token, stack: list[_Object | _List]) -> None:
    top = stack[-1] if stack else None
    if token.text in ("{", "["):
        stack.append(_Object() if token.text == "{" else _List())
    elif token.text in ("}", "]"):
        if stack:
            stack.pop()
    elif isinstance(top, _List):
        top.index += token.text == ","
    elif isinstance(top, _Object):
        if token.text == ",":
            top.key, top.before_value = None, False
        elif token.text == ":":
            top.before_value = True
        elif not top.before_value:
            top.key = token.word
