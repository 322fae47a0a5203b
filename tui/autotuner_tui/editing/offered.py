"""Engine parameters, offered and put into the text of a task."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.task.load import Kind
from autotuner_tui.editing.flow import place_in_flow, tokens

if TYPE_CHECKING:
    from autotuner_core.engines.profile import ParameterInfo

KEY = "parameters"


@dataclass(frozen=True)
class Insertion:
    """`text` goes in at `offset`."""

    offset: int
    text: str


def entry(info: ParameterInfo) -> dict[str, Any]:
    """What a task says of it: its sensible values to choose from."""
    if info.type == "switch":
        return {"type": "bool"}
    tried = info.values or ((info.default,) if info.default is not None else ())
    return {"type": "choice", "values": list(tried)}


def insertion(text: str, info: ParameterInfo, kind: Kind, offset: int) -> Insertion:
    """Where and how a parameter goes into the text: last in its `parameters`; below the line of `offset` (the cursor)
    where there are none to be found."""
    written = json.dumps(entry(info), ensure_ascii=False)
    inner = f'"{info.name}": {written}' if kind == "json" else f"{info.name}: {_yaml_flow(written)}"
    if kind == "yaml" and (found := _last_in_block(text)) is not None:
        at, indent = found
        return Insertion(at, f"\n{indent}{inner}")
    opening = _opening(text, kind)
    return _below_line(text, offset, inner) if opening is None else _last_in_brackets(text, opening, inner)


def names_in(text: str, kind: Kind) -> frozenset[str]:
    """The parameters that the text names already, as far as it is typed."""
    if kind == "yaml" and (block := _block(text)) is not None:
        return frozenset(match[1].strip("\"'") for match in re.finditer(r"(?m)^ +([^\s:#-][^:#\n]*):", block[1]))
    opening = _opening(text, kind)
    if opening is None:
        return frozenset()
    found = set()
    for token in tokens(text, opening):
        place, still_open = place_in_flow(text, token.start, opening)
        if token.start > opening and not still_open:
            break
        found |= {str(place[0])} if place else set()
    return frozenset(found)


def _yaml_flow(written: str) -> str:
    return re.sub(r'"(type|values|choice|bool)"', r"\1", written)


def _opening(text: str, kind: Kind) -> int | None:
    """Where the bracket of `parameters` is."""
    key = rf'"{KEY}"\s*:\s*(?={{)' if kind == "json" else rf'(?m)^["\']?{KEY}["\']?\s*:\s*(?={{)'
    found = re.search(key, text)
    return found.end() if found else None


def _below_line(text: str, offset: int, inner: str) -> Insertion:
    """On a line of its own: what stands on the cursor's line is not torn apart."""
    start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    indent = line[: len(line) - len(line.lstrip())]
    return Insertion(start + len(line), f"\n{indent}{inner}" if line.strip() else inner)


def _last_in_brackets(text: str, opening: int, inner: str) -> Insertion:
    depth, last = 0, None
    for token in tokens(text, opening):
        depth += (token.text in ("{", "[")) - (token.text in ("}", "]"))
        if depth == 0:
            break
        last = token
    assert last is not None  # the bracket itself
    line = text.rfind("\n", 0, opening) + 1
    outer = re.match(r"[ \t]*", text[line:])
    indent = (outer[0] if outer else "") + "  "
    if last.start == opening:
        tail = "\n" + indent[:-2] if "\n" not in text[last.end : last.end + 1] else ""
        return Insertion(last.end, f"\n{indent}{inner}{tail}")
    own = re.match(r"[ \t]*", text[text.rfind("\n", 0, last.start) + 1 :])
    if text.count("\n", opening, last.end):
        first = next(token for token in tokens(text, opening + 1))
        own = re.match(r"[ \t]*", text[text.rfind("\n", 0, first.start) + 1 :])
        return Insertion(last.end, f"{'' if last.text == ',' else ','}\n{own[0] if own else indent}{inner}")
    return Insertion(last.end, f"{'' if last.text == ',' else ','} {inner}")


def _block(text: str) -> tuple[int, str] | None:
    """YAML's `parameters` by indentation: where its lines begin, and they."""
    found = re.search(rf'(?m)^["\']?{KEY}["\']?\s*:[ \t]*(?:#.*)?$', text)
    if found is None:
        return None
    lines = re.match(r"(?:\n(?:[ \t]+\S.*|[ \t]*(?:#.*)?$))*", text[found.end() :], re.MULTILINE)
    return found.end(), lines[0] if lines else ""


def _last_in_block(text: str) -> tuple[int, str] | None:
    block = _block(text)
    if block is None:
        return None
    start, lines = block
    entries = list(re.finditer(r"\n([ \t]+)[^\s#].*", lines))
    if not entries:
        return start, "  "
    return start + entries[-1].end(), entries[0][1]
