"""No input makes loading raise anything but TaskError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import parse_task
from autotuner_core.task.model import Task

EXAMPLE = json.loads((Path(__file__).parents[3] / "examples" / "simple_task.json").read_text())
KINDS = st.sampled_from(["json", "yaml"])
NAMES = st.sampled_from([*Task.model_fields, "$schema", "type", "values", "min", "max", "step", "count", "scale"])
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["tp_size > 1", "env.A"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(NAMES, st.text(max_size=6)), inner, max_size=4)
    ),
    max_leaves=12,
)
SIGNS = st.text(alphabet="{}[]\",:-?&*!|>%@#\\ \t\n\r\x00\x85\ufeff\ud800é019.e+~<='abx", max_size=6)
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def load_or_refuse(text: str, kind: Any) -> None:
    refusal = None
    try:
        parse_task(text, kind)
    except TaskError as error:
        refusal = error
    if refusal is not None:
        assert refusal.findings and all(finding.message for finding in refusal.findings)
        assert str(refusal)


@SETTINGS
@given(st.text(max_size=80), KINDS)
def test_no_text_is_met_with_a_traceback(text: str, kind: str) -> None:
    load_or_refuse(text, kind)


@SETTINGS
@given(st.integers(0, 900), st.integers(0, 30), SIGNS, KINDS)
def test_no_damage_to_a_good_file_is_met_with_a_traceback(place: int, cut: int, signs: str, kind: str) -> None:
    text = json.dumps(EXAMPLE, indent=1)
    load_or_refuse(text[:place] + signs + text[place + cut :], kind)


def paths(part: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [way, *(path for key, value in steps for path in paths(value, (*way, key)))]


ADDITIONS = {
    "fixed": {"a": 1},
    "baseline": {"tp_size": 1},
    "constraints": ["tp_size > 0"],
    "kubernetes": {"labels": {"a": "b"}, "tolerations": [{"key": "a"}], "resources": {"limits": {"cpu": "1"}}},
    "local": {"engine": "vllm", "gpus": [0], "cores": [[0]], "env": {"A": "b"}, "command": ["x", "{flags}"]},
}
WHOLE = {**EXAMPLE, **ADDITIONS}
WHOLE["optimization"] = {**EXAMPLE["optimization"], "slo": {"ttft.p95": {"max": 1}}}


@SETTINGS
@given(st.sampled_from(paths(WHOLE)), VALUES, st.sampled_from(["ome", "local"]))
def test_no_value_at_any_place_is_met_with_a_traceback(path: tuple[Any, ...], value: Any, backend: str) -> None:
    task = json.loads(json.dumps({**WHOLE, "backend": backend}))
    if not path:
        task = value
    else:
        part = task
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
    load_or_refuse(json.dumps(task), "json")


@SETTINGS
@given(st.text(alphabet="tp_size 0123456789+-*/%<>=!()[]{}.,'\"andornotif:~&|^@\\\n", max_size=40))
def test_no_constraint_is_met_with_a_traceback(expression: str) -> None:
    load_or_refuse(json.dumps({**EXAMPLE, "constraints": [expression]}), "json")
