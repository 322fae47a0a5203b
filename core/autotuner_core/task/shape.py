"""From the content of a file to a Task, as far as its shape allows."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from autotuner_core.task.explain import problems_of
from autotuner_core.task.model import Task
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem

_STAND_INS: Mapping[Place, Any] = {
    ("task_name",): "task",
    ("model",): {"name": "tiny"},
    ("model", "name"): "tiny",
    ("parameters",): {"parameter": {"type": "bool"}},
    ("optimization",): {"objective": "minimize_latency"},
    ("optimization", "objective"): "minimize_latency",
}
"""Sound values for keys that a task must have: with them the rules can look at the rest of a file that lacks them."""
_MOST_ROUNDS = 5


def shaped(raw: Mapping[str, Any]) -> tuple[Task | None, list[Problem], frozenset[str]]:
    """The task, or None where its shape is wrong; what is wrong; and the keys that are (`optimization.slo`)."""
    try:
        return Task.model_validate(dict(raw)), [], frozenset()
    except ValidationError as error:
        problems = problems_of(error)
        broken = frozenset(".".join(map(str, problem.place[:2])) for problem in problems)
        return None, problems, broken


def partial(raw: Mapping[str, Any], problems: Sequence[Problem]) -> Task:
    """The task without what is wrong with its shape, so that everything else can be checked at the same time."""
    sound = copy.deepcopy(dict(raw))
    for _ in range(_MOST_ROUNDS):
        for problem in problems:
            _remove(sound, problem.place[:2])
        try:
            return Task.model_validate(sound)
        except ValidationError as error:
            problems = problems_of(error)
    return Task.model_validate({place[0]: value for place, value in _STAND_INS.items() if len(place) == 1})


def _remove(content: dict[str, Any], place: Place) -> None:
    """Take the value at `place` (one or two keys deep) away, or put a stand-in where a task cannot be without."""
    section: Any = content
    if len(place) == 2:
        section = content.get(str(place[0]))
        if not isinstance(section, dict):
            place, section = place[:1], content
    if not place:
        return
    if place in _STAND_INS:
        section[place[-1]] = copy.deepcopy(_STAND_INS[place])
    else:
        section.pop(place[-1], None)
    if place[:1] == ("parameters",) and not content.get("parameters"):
        content["parameters"] = copy.deepcopy(_STAND_INS[("parameters",)])
