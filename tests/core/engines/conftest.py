"""Tasks for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.task.load import task_from_json
from autotuner_core.task.model import Task


@pytest.fixture
def a_task() -> Callable[..., Task]:
    """Makes a small valid task; keyword arguments replace its keys."""

    def make(**keys: Any) -> Task:
        record: dict[str, Any] = {
            "task_name": "t",
            "backend": "local",
            "model": {"name": "m"},
            "parameters": {"tp_size": {"type": "choice", "values": [1, 2]}},
            "optimization": {"objective": "maximize_throughput"},
        }
        return task_from_json(record | keys)

    return make
