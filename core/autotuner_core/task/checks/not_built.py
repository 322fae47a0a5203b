"""Keys that the schema has already, but no part of the product acts on yet."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.task.model import Task
from autotuner_core.task.problem import Problem, warning

CODE = "not_built_yet"


def check(task: Task) -> Iterator[Problem]:
    """Says of each such key that is used what happens in its place."""
    if task.optimization.strategy == "adaptive":
        message = "the adaptive search is not built yet: a run refuses it"
        yield warning(("optimization", "strategy"), message, code=CODE)
