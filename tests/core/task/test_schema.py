"""The published schema helps an editor: it is current, sound, and says what every key is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from autotuner_core.task.load import load_task
from autotuner_core.task.schema import SCHEMA_FILE, task_schema


def fields(part: Any, place: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every property of every object in a schema."""
    if isinstance(part, list):
        return [field for item in part for field in fields(item, place)]
    if not isinstance(part, dict):
        return []
    own = [(f"{place}.{name}", field) for name, field in part.get("properties", {}).items()]
    return own + [field for name, inner in part.items() for field in fields(inner, f"{place}.{name}")]


def test_the_published_file_is_current() -> None:
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert published == task_schema(), "run: python -m autotuner_core.task.schema"


def test_it_is_a_schema_of_2020_12() -> None:
    assert task_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(task_schema())


def test_every_field_has_a_description_for_people() -> None:
    found = fields(task_schema())
    assert len(found) > 60
    assert [place for place, field in found if len(field.get("description", "")) < 12] == []


def test_no_object_takes_unknown_keys() -> None:
    parts = {"Task": task_schema(), **task_schema()["$defs"]}
    assert [name for name, part in parts.items() if part.get("additionalProperties") is not False] == []


def test_every_example_is_right_by_the_schema(repository: Path) -> None:
    validator = Draft202012Validator(task_schema())
    for path in (repository / "examples").iterdir():
        if path.suffix in (".json", ".yaml") and path.is_file():
            assert [error.message for error in validator.iter_errors(load_task(path).raw)] == [], path.name


@pytest.mark.parametrize(
    "change",
    [
        {"objective": "maximise"},
        {"objective": {"metric": "ttft.p95", "direction": "up", "levels": "all"}},
        {"slo": {"ttft.p95": {"min": 1}}},
        {"slo": {"ttft.p95": 0}},
        {"max_iteration": 4},
        {"max_iterations": 0},
    ],
)
def test_an_editor_marks_what_loading_refuses(repository: Path, change: dict[str, Any]) -> None:
    task = json.loads((repository / "examples" / "simple_task.json").read_text())
    task["optimization"].update(change)
    assert not Draft202012Validator(task_schema()).is_valid(task)
