"""The command that adds a configuration by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.engine.commands.refused import Refused, flag, only
from autotuner_core.engines.gpus import gpu_count
from autotuner_core.space.candidates import value_key
from autotuner_core.space.constraints import Constraint, ConstraintError
from autotuner_core.space.values import values_of
from autotuner_core.task.checks import baseline
from autotuner_core.task.model import ChoiceParameter, Task

if TYPE_CHECKING:
    from autotuner_core.engine.commands.steering import Steering


def add(run: Steering, arguments: Mapping[str, Any]) -> str:
    """Queue a configuration: every parameter of the task with a value, which may lie outside the listed ones. Those
    that are not named have the baseline's."""
    only(arguments, "parameters", "first")
    given, first = arguments.get("parameters"), flag(arguments, "first")
    if not isinstance(given, dict) or not given:
        raise Refused('"parameters" is an object with a value for each parameter of the task')
    if run.control.stopping is not None:
        raise Refused("the run is being stopped")
    configuration = checked(run.task, given)
    with run.ledger.held() as state:
        if (known := run.queue.number_of(configuration)) is not None:
            status = state.experiments[known].status if known in state.experiments else "queued"
            raise Refused(f"this is experiment {known} already ({status}): `rerun {known}` measures it once more")
        number = run.queue.add(configuration, first=first)
    return f"experiment {number} is queued, {'before all others' if first else 'at the end'}"


def checked(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """The whole configuration, in the order of the task's parameters. Raises Refused with everything that is wrong."""
    whole = {**(task.baseline or {}), **{str(name): _as_listed(task, str(name), v) for name, v in given.items()}}
    problems = list(baseline.check(task.model_copy(update={"baseline": whole})))
    if problems:
        raise Refused("; ".join(f"{problem.place[-1]}: {problem.message}" for problem in problems))
    configuration = {name: _as_counted(task, name, whole[name]) for name in task.parameters}
    try:
        for text in task.constraints:
            if not Constraint(text, task.fixed).allows(configuration):
                raise Refused(f"it is against the task's constraint {text!r}")
        gpu_count({**task.fixed, **configuration}, task)
    except (ConstraintError, ValueError) as error:
        raise Refused(str(error)) from error
    return configuration


def _as_counted(task: Task, name: str, value: Any) -> Any:
    """3.0 where the parameter's values are whole numbers is 3."""
    if not isinstance(value, float) or not value.is_integer():
        return value
    listed = [known for known in values_of(task.parameters[name]) if isinstance(known, float)]
    return value if listed else int(value)


def _as_listed(task: Task, name: str, value: Any) -> Any:
    """A command line knows no types: a value that reads like a listed one is that one (`1` where "1" is listed)."""
    parameter = task.parameters.get(name)
    if not isinstance(parameter, ChoiceParameter):
        return value
    same = (known for known in parameter.values if value_key(known) == value_key(value))
    read_alike = (known for known in parameter.values if isinstance(known, str) and known == str(value))
    return next(same, next(read_alike, value))
