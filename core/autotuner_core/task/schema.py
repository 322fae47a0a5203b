"""The published JSON Schema of the task file, which editors complete and check by.

`python -m autotuner_core.task.schema` writes it to task.schema.json beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE = Path(__file__).with_name("task.schema.json")


def task_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a task file, with a description of every field."""
    from autotuner_core.scoring.metrics import OBJECTIVE_WORDS
    from autotuner_core.task.model import Task

    schema: dict[str, Any] = _tidied(Task.model_json_schema())
    objective = schema["$defs"]["Optimization"]["properties"]["objective"]
    words = {
        "enum": list(OBJECTIVE_WORDS),
        "description": "minimize_latency: mean end-to-end latency, all levels. maximize_throughput: output tokens per "
        "second, best level.",
    }
    schema["$defs"]["Optimization"]["properties"]["objective"] = {
        "description": objective["description"],
        "anyOf": [words, {"$ref": "#/$defs/Objective"}],
    }
    reference = {"type": "string", "description": "Where editors find this schema; the tuner reads past it."}
    schema["properties"] = {"$schema": reference, **schema["properties"]}
    for part in (schema, *schema["$defs"].values()):
        for field in part.get("properties", {}).values():
            _describe(field, schema["$defs"])
    return {"$schema": DIALECT, "title": "Task of autotuner-tui", **schema}


def schema_text() -> str:
    """The schema as the published file holds it."""
    return json.dumps(task_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(field: dict[str, Any], parts: dict[str, Any]) -> None:
    """pydantic leaves a description out that is the same as that of the part it refers to."""
    if "$ref" in field and "description" not in field:
        field["description"] = parts[field["$ref"].rpartition("/")[2]]["description"]


def _tidied(part: Any) -> Any:
    """Without the titles that pydantic makes of field names, without defaults of null, which no one writes, and in one
    form for all versions of pydantic."""
    if isinstance(part, list):
        return [_tidied(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _tidied(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    if kept.get("default", part) is None:
        del kept["default"]
    if kept.get("additionalProperties") is True:
        del kept["additionalProperties"]
    if "const" in kept:
        kept.pop("enum", None)
    if len(kept.get("allOf", ())) == 1:
        kept = {**kept.pop("allOf")[0], **kept}
    options = kept.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        others = [option for option in options if option != {"type": "null"}]
        del kept["anyOf"]
        kept = {**others[0], **kept} if len(others) == 1 else {"anyOf": others, **kept}
    return kept


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
