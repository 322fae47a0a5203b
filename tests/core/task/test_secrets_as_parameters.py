"""A secret is never a setting to vary: its values would stand in every record."""

from __future__ import annotations

import json

import pytest

from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import parse_task


def test_a_secret_among_the_values_of_a_parameter_is_recorded_with_every_result() -> None:
    task = {
        "task_name": "t",
        "backend": "local",
        "model": {"name": "tiny"},
        "parameters": {"api_key": {"type": "choice", "values": ["KEYSECRETVALUE1"]}},
        "optimization": {"objective": "maximize_throughput"},
    }
    with pytest.raises(TaskError) as refused:
        parse_task(json.dumps(task), "json")
    (finding,) = refused.value.findings
    assert (finding.place, finding.code) == ("parameters.api_key.values[0]", "secret")
