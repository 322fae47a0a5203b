"""What the parameters and constraints leave to measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.space.candidates import Candidates, TooManyCandidates, candidates
from autotuner_core.space.constraints import Constraint, ConstraintError
from autotuner_core.task.checks.parameters import MOST_PARAMETERS
from autotuner_core.task.model import Task
from autotuner_core.task.place import shown
from autotuner_core.task.problem import Problem, note, warning

MOST_CONSTRAINTS = 100


def check(task: Task) -> Iterator[Problem]:
    """Constraints that cannot be read or answered, and spaces in which nothing, or too much, is left."""
    if len(task.constraints) > MOST_CONSTRAINTS:
        yield Problem(("constraints",), f"has {len(task.constraints)} constraints; {MOST_CONSTRAINTS} are allowed")
        return
    problems = list(_unreadable(task))
    yield from problems
    if problems or len(task.parameters) > MOST_PARAMETERS:
        return
    try:
        found = candidates(task)
    except ConstraintError as error:
        index = task.constraints.index(error.expression)
        yield Problem(("constraints", index), f"{error.reason}; seen with {configuration_text(error.configuration)}")
    except TooManyCandidates as error:
        cure = "set optimization.max_iterations, for example to 40: an evenly spread part is taken"
        yield Problem(("parameters",), str(error), cure, code="too_many")
    except ValueError:
        return  # a range without values, which has its own error
    else:
        yield from _left(task, found)
        yield from _baseline(task)


def configuration_text(configuration: Mapping[str, Any] | None) -> str:
    """A configuration on one line: `tp_size=1, policy=lpm`."""
    pairs = list((configuration or {}).items())
    text = ", ".join(f"{shown(name)}={shown(value)}" for name, value in pairs[:6])
    return text + (", …" if len(pairs) > 6 else "")


def _unreadable(task: Task) -> Iterator[Problem]:
    for index, expression in enumerate(task.constraints):
        try:
            Constraint(expression, task.fixed).check_names([*task.parameters, *task.fixed])
        except ConstraintError as error:
            yield Problem(("constraints", index), error.reason, code="constraint")


def _left(task: Task, found: Candidates) -> Iterator[Problem]:
    if not found.chosen:
        among = f"{found.rejected:,} drawn" if found.sampled else f"all {found.product:,}"
        yield Problem(("constraints",), f"the constraints leave nothing: {among} combinations break one", code="empty")
        return
    limit = task.optimization.max_iterations
    if found.sampled and limit is not None and len(found.chosen) < limit:
        message = f"only {len(found.chosen):,} of {found.product:,} combinations were found that keep the constraints"
        yield warning(("optimization", "max_iterations"), message, "loosen the constraints", "few_found")
    elif limit is not None and (found.sampled or found.dropped):
        message = f"{len(found.chosen)} of {found.product - (0 if found.sampled else found.rejected):,} configurations"
        how = "drawn by chance" if task.optimization.strategy == "random_search" else "spread evenly over the values"
        yield note(("optimization", "max_iterations"), f"{message} are taken, {how}", code="part_taken")


def _baseline(task: Task) -> Iterator[Problem]:
    if task.baseline is None or set(task.baseline) != set(task.parameters):
        return
    for index, expression in enumerate(task.constraints):
        try:
            allowed = Constraint(expression, task.fixed).allows(task.baseline)
        except ConstraintError as error:
            yield Problem(("constraints", index), f"{error.reason}; seen with the baseline", code="constraint")
            continue
        if not allowed:
            message = f"breaks the constraint {shown(expression)}; it is measured all the same"
            yield warning(("baseline",), message, code="baseline_excluded")
