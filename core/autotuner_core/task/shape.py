"""From the content of a file to a Task, as far as its shape allows."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
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


def shaped(raw: Mapping[str, Any]) -> tuple[Task | None, list[Problem]]:
    """The task, or None where its shape is wrong, and what is."""
    try:
        return Task.model_validate(dict(raw)), []
    except ValidationError as error:
        return None, problems_of(error)


def broken_keys(problems: Iterable[Problem]) -> frozenset[str]:
    """The keys in which something is wrong, at most two deep: `optimization.slo`."""
    return frozenset(".".join(map(str, problem.place[:2])) for problem in problems)


def partial(raw: Mapping[str, Any], problems: Sequence[Problem]) -> Task:
    """The task without what is wrong with its shape, so that everything else can be checked at the same time."""
    sound = copy.deepcopy(dict(raw))
    for _ in range(_MOST_ROUNDS):
        for problem in problems:
            _remove(sound, problem.place)
        task, problems = shaped(sound)
        if task is not None:
            return task
    return Task.model_validate({place[0]: value for place, value in _STAND_INS.items() if len(place) == 1})


def _remove(content: dict[str, Any], place: Place) -> None:
    """Take the value at `place` away; the whole part or list around it where it is missing there or is an element.
    What a task cannot be without gets a stand-in."""
    section: Any = content
    depth = 0
    while depth < min(len(place), 2 if place[:1] == ("parameters",) else len(place)) - 1:
        inner = section.get(place[depth])
        if not isinstance(inner, dict) or place[depth + 1] not in inner:
            break
        section, depth = inner, depth + 1
    place = place[: depth + 1]
    if place in _STAND_INS:
        section[place[-1]] = copy.deepcopy(_STAND_INS[place])
    elif place:
        section.pop(place[-1], None)
    if not content.get("parameters"):
        content["parameters"] = copy.deepcopy(_STAND_INS[("parameters",)])
