"""The configuration that others are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autotuner_core.task.model import BoolParameter, ChoiceParameter, RangeParameter, Task
from autotuner_core.task.nearest import one_of
from autotuner_core.task.place import quoted
from autotuner_core.task.problem import Problem


def check(task: Task) -> Iterator[Problem]:
    """A value for every parameter, of the right kind; it may lie outside the listed ones."""
    if task.baseline is None:
        return
    for name in task.parameters:
        if name not in task.baseline:
            cure = f"give every parameter a value: {', '.join(map(str, task.parameters))}"
            yield Problem(("baseline", name), f'"{name}" is missing', cure, code="missing", at_key=True)
    for name, value in task.baseline.items():
        if name in task.fixed:
            yield Problem(("baseline", name), "is fixed already", "remove it here", code="overlap", at_key=True)
        elif name not in task.parameters:
            cure = one_of(name, task.parameters)
            yield Problem(("baseline", name), "no parameter of this name", cure, code="unknown_key", at_key=True)
        else:
            yield from _kind(task, name, value)


def _kind(task: Task, name: str, value: Any) -> Iterator[Problem]:
    parameter = task.parameters[name]
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(parameter, BoolParameter) and not isinstance(value, bool):
        yield Problem(("baseline", name), f"true or false belongs here, not {quoted(value)}")
    elif isinstance(parameter, RangeParameter) and not number:
        yield Problem(("baseline", name), f"a number belongs here, not {quoted(value)}")
    elif isinstance(value, dict):
        yield Problem(("baseline", name), "an object is no value of a parameter")
    elif isinstance(parameter, ChoiceParameter) and value is not None:
        kinds = {_kind_of(known) for known in parameter.values if known is not None}
        if kinds and _kind_of(value) not in kinds:
            message = (
                f"{quoted(value)} is {_kind_of(value)}, but the parameter's values are {' or '.join(sorted(kinds))}"
            )
            yield Problem(("baseline", name), message)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list"
