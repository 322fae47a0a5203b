"""A YAML task file: its value in JSON's types, and where everything in it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autotuner_core.task.json_text import DEEPEST
from autotuner_core.task.place import Mark, Marks, Place, shown
from autotuner_core.task.problem import Problem, outermost
from autotuner_core.task.text import refused

MOST_NODES = 20_000
"""Values of a file after its aliases are filled in. The limit stops aliases of aliases ("YAML bombs") before they
take memory."""

_TAG = "tag:yaml.org,2002:"
_READER_ERRORS = (ValueError, ArithmeticError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)
"""What the reader was seen to raise, besides its own errors, for text made to break it."""


def read_yaml(text: str) -> tuple[Any, Marks, list[Problem]]:
    """The value of a YAML text, the marks of its keys and values, and what JSON has no word for.

    Raises TaskError for what is no YAML, holds several documents, or grows beyond MOST_NODES or DEEPEST.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        _refuse_growth(YAML(typ="safe", pure=True).parse(text))
        reader = YAML(typ="safe", pure=True)
        walk = _Walk(reader)
        return walk.value(reader.compose(text), ()), walk.marks, outermost(walk.problems)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise refused(f"this is no YAML: {shown(what)}", "", *place) from None
    except (YAMLError, *_READER_ERRORS) as error:
        raise refused(f"this is no YAML: {shown(str(error).splitlines()[0] if str(error) else 'unreadable')}") from None


def _refuse_growth(events: Iterable[Any]) -> None:
    """Count what the document grows to when each alias is filled in, without filling it in."""
    growth = _Growth()
    for event in events:
        try:
            growth.follow(type(event).__name__, getattr(event, "anchor", None))
        except ValueError as error:
            raise refused(str(error), "", event.start_mark.line + 1, event.start_mark.column + 1) from None


class _Growth:
    """How many values there are so far, in each open list or mapping and behind each anchor. Raises ValueError."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = [(None, 0)]
        self._documents = 0

    def follow(self, kind: str, anchor: str | None) -> None:
        """One event of the parser, by its class and anchor."""
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise ValueError("a second document begins here; a task file holds one")
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._sizes.pop(anchor or "", None)
            self._open.append((anchor, 1))
            if len(self._open) > DEEPEST + 1:
                raise ValueError(f"nested deeper than {DEEPEST} levels, which no task is")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._count(*self._open.pop())
        elif kind == "ScalarEvent":
            self._count(anchor, 1)
        elif kind == "AliasEvent":
            if anchor not in self._sizes:
                raise ValueError(f"the alias *{shown(anchor)} stands for nothing, or for itself")
            self._count(None, self._sizes[anchor])

    def _count(self, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._sizes[anchor] = size
        outer, so_far = self._open[-1]
        self._open[-1] = (outer, so_far + size)
        if so_far + size > MOST_NODES:
            raise ValueError(f"grows beyond {MOST_NODES} values, which no task has")


class _Walk:
    """From the composed nodes to values of JSON's types. What has none is a problem at its place."""

    def __init__(self, reader: Any) -> None:
        self._constructor = reader.constructor
        self.marks = Marks()
        self.problems: list[Problem] = []

    def value(self, node: Any, place: Place) -> Any:
        if node is None:
            return None
        self.marks.values[place] = Mark(node.start_mark.line + 1, node.start_mark.column + 1)
        if node.tag == _TAG + "map":
            return self._mapping(node, place)
        if node.tag == _TAG + "seq":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node.value, str) else shown(key_node.tag)
            inner = (*place, key)
            first = self.marks.keys.get(inner)
            self.marks.keys[inner] = Mark(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key_node.tag == _TAG + "merge":
                self._refuse(inner, "merge keys (<<) are not supported", "write the keys out", at_key=True)
            elif key_node.tag != _TAG + "str":
                cure = f'put it in quotes: "{shown(key)}"'
                self._refuse(inner, f"the key {shown(key)} is no text", cure, at_key=True)
            elif first is not None:
                message = f"the key appears twice; the first is in line {first.line}"
                self._refuse(inner, message, "remove one of the two", at_key=True)
            result[key] = self.value(value_node, inner)
        return result

    def _scalar(self, node: Any, place: Place) -> Any:
        kind = node.tag[len(_TAG) :] if node.tag.startswith(_TAG) else node.tag
        readers = {
            "str": self._constructor.construct_yaml_str,
            "int": self._constructor.construct_yaml_int,
            "float": self._constructor.construct_yaml_float,
            "bool": self._constructor.construct_yaml_bool,
            "null": self._constructor.construct_yaml_null,
        }
        if kind not in readers or not isinstance(node.value, str):
            self._refuse(
                place, f"a value of the kind {shown(kind)} has no place here", "put it in quotes if it is text"
            )
            return None
        try:
            return readers[kind](node)
        except (ValueError, LookupError):
            self._refuse(place, f"{shown(node.value)} cannot be read as {kind}", "put it in quotes if it is text")
            return None

    def _refuse(self, place: Place, message: str, cure: str, at_key: bool = False) -> None:
        self.problems.append(Problem(place, message, cure, at_key=at_key))
