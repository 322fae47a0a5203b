"""All rules, and which keys each needs to be sound before it can say anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autotuner_core.task.checks import (
    backend,
    baseline,
    kubernetes,
    load,
    local,
    names,
    not_built,
    objective,
    parameters,
    secrets,
    space,
)
from autotuner_core.task.model import Task
from autotuner_core.task.problem import Problem

_RULES: tuple[tuple[Callable[[Task], Iterable[Problem]], tuple[str, ...]], ...] = (
    (names.check, ("backend",)),
    (parameters.check_each, ()),
    (parameters.check_together, ("parameters", "fixed", "backend")),
    (baseline.check, ("parameters", "baseline")),
    (space.check, ("parameters", "fixed", "constraints", "baseline", "optimization.max_iterations")),
    (objective.check_objective, ("optimization.objective",)),
    (objective.check_goodput, ("optimization.objective", "optimization.slo")),
    (objective.check_slo, ()),
    (load.check, ()),
    (local.check, ("backend", "model", "parameters", "local.engine", "local.command")),
    (local.check_devices, ("backend",)),
    (local.check_parallel, ("backend", "local", "optimization.max_parallel")),
    (local.check_gpus, ("backend", "parameters", "fixed", "constraints", "local")),
    (kubernetes.check, ()),
    (not_built.check, ()),
)
_RULES_OF_THE_FILE: tuple[tuple[Callable[[Task, Mapping[str, Any]], Iterable[Problem]], tuple[str, ...]], ...] = (
    (backend.check, ("backend", "model", "base_runtime", "local")),
    (load.check_numbers, ()),
    (secrets.check, ()),
)
"""Rules that look at the file's content as well, as it was written: loading has filled in and turned some of it."""


def problems_in(task: Task, raw: Mapping[str, Any], broken: frozenset[str]) -> Iterator[Problem]:
    """Everything that the rules find. A rule is left out where a key that it needs is already known to be wrong
    (`broken`: `optimization.slo`, or a whole section by its name)."""
    for rule, needs in _RULES:
        if _sound(needs, broken):
            yield from rule(task)
    for rule_of_file, needs in _RULES_OF_THE_FILE:
        if _sound(needs, broken):
            yield from rule_of_file(task, raw)


def _sound(needs: tuple[str, ...], broken: frozenset[str]) -> bool:
    return not any(_touches(key, need) for key in broken for need in needs)


def _touches(broken: str, need: str) -> bool:
    return broken == need or broken.startswith(need + ".") or need.startswith(broken + ".")
