"""Writing the results file. It is rewritten after every experiment, so it is written piece by piece: a result a line,
quickly, and never whole in memory, however long the run is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from autotuner_core.report.results import finite
from autotuner_core.run.whole_file import write_text

ONE_A_LINE = "all_results"


def write_results(draft: Mapping[str, Any], path: Path) -> None:
    """Write a `results_draft` whole or not at all. Raises FileWriteError (an OSError), which says what is wrong."""
    write_text(results_text(draft), path)


def results_text(draft: Mapping[str, Any]) -> Iterator[str]:
    """The document as JSON, in pieces."""
    before = "{\n"
    for key, value in draft.items():
        yield f"{before}  {json.dumps(key)}: "
        yield from _lines(value) if key == ONE_A_LINE else (_text(value, indent=2).replace("\n", "\n  "),)
        before = ",\n"
    yield "\n}\n"


def _lines(results: Iterable[Any]) -> Iterator[str]:
    before = "["
    for result in results:
        yield f"{before}\n    {_text(result)}"
        before = ","
    yield "[]" if before == "[" else "\n  ]"


def _text(value: Any, indent: int | None = None) -> str:
    try:
        return json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False, default=dict)
    except ValueError:  # hardly ever: numbers that JSON does not have
        return json.dumps(finite(value), indent=indent, allow_nan=False, ensure_ascii=False)
