"""What the parameters and constraints leave to measure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from autotuner_core.space.candidates import Candidates, TooManyCandidates, candidates
from autotuner_core.space.constraints import Constraint, ConstraintError
from autotuner_core.task.checks.parameters import MOST_PARAMETERS
from autotuner_core.task.model import Task
from autotuner_core.task.place import shown
from autotuner_core.task.problem import Problem, note, warning

MOST_CONSTRAINTS = 100
_MOST_UNANSWERED = 20


def check(task: Task) -> Iterator[Problem]:
    """Constraints that cannot be read or answered, and spaces in which nothing, or too much, is left."""
    if len(task.constraints) > MOST_CONSTRAINTS:
        yield Problem(("constraints",), f"has {len(task.constraints)} constraints; {MOST_CONSTRAINTS} are allowed")
        return
    if len(task.parameters) > MOST_PARAMETERS:
        return
    refused: dict[int, Problem] = {}
    try:
        found = _answered(task, refused)
        if found is not None:
            yield from _left(task, found)
    except TooManyCandidates as error:
        cure = "set optimization.max_iterations, for example to 40: an evenly spread part is taken"
        yield Problem(("parameters",), str(error), cure, code="too_many")
    except ValueError:
        pass  # A range without values has an error of its own.
    yield from refused.values()
    yield from _baseline(task, refused)


def _answered(task: Task, refused: dict[int, Problem]) -> Candidates | None:
    """The candidates under the constraints that can be answered; the others are put into `refused`. None where there
    are too many of those."""
    for index, expression in enumerate(task.constraints):
        try:
            Constraint(expression, task.fixed).check_names([*task.parameters, *task.fixed])
        except ConstraintError as error:
            refused[index] = _refused(index, error)
    for _ in range(_MOST_UNANSWERED):
        sound = [text for index, text in enumerate(task.constraints) if index not in refused]
        try:
            return candidates(task.model_copy(update={"constraints": sound}))
        except ConstraintError as error:
            for index, expression in enumerate(task.constraints):
                if expression == error.expression:
                    refused[index] = _refused(index, error)
    return None


def _refused(index: int, error: ConstraintError) -> Problem:
    message, _, cure = error.reason.partition("; ")
    seen = f", seen with {configuration_text(error.configuration)}" if error.configuration else ""
    return Problem(("constraints", index), message + seen, cure, code="constraint")


def configuration_text(configuration: Mapping[str, Any] | None) -> str:
    """A configuration on one line: `tp_size=1, policy=lpm`."""
    pairs = list((configuration or {}).items())
    text = ", ".join(f"{shown(name)}={shown(value)}" for name, value in pairs[:6])
    return text + (", …" if len(pairs) > 6 else "")


def _left(task: Task, found: Candidates) -> Iterator[Problem]:
    if not found.product:
        return  # a range without values has an error of its own
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


def _baseline(task: Task, refused: Container[int]) -> Iterator[Problem]:
    if task.baseline is None or set(task.baseline) != set(task.parameters):
        return
    for index, expression in enumerate(task.constraints):
        if index in refused:
            continue
        try:
            allowed = Constraint(expression, task.fixed).allows(task.baseline)
        except ConstraintError as error:
            yield Problem(("constraints", index), f"{error.reason}, seen with the baseline", code="constraint")
            continue
        if not allowed:
            message = f"breaks the constraint {shown(expression)}; it is measured all the same"
            yield warning(("baseline",), message, code="baseline_excluded")
