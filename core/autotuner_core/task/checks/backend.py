"""Where a task runs decides which keys it needs, and which have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.task.model import Task
from autotuner_core.task.problem import Problem, warning

_HERE = "leave it out, or set backend to ome"


def check(task: Task, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys that the backend needs and lacks; keys that it does not read."""
    yield from _ome(task, raw) if task.backend == "ome" else _local(raw)


def _ome(task: Task, raw: Mapping[str, Any]) -> Iterator[Problem]:
    if task.local is not None and "backend" not in raw:
        yield Problem(
            ("local",),
            "a local section, but no backend: local (without backend a task goes to OME in a cluster)",
            'add "backend": "local", or remove the section',
            at_key=True,
        )
        return
    if task.local is not None:
        yield _no_effect(("local",), "backend is ome", 'leave it out, or set backend to "local"')
    if task.model.namespace is None:
        yield _missing(("model", "namespace"), 'name the namespace to deploy in, for example "autotuner"')
    if task.base_runtime is None:
        yield _missing(("base_runtime",), "name the ClusterServingRuntime to start from")


def _missing(place: tuple[str, ...], cure: str) -> Problem:
    message = f'"{place[-1]}" is missing, which backend ome needs'
    return Problem(place, message, f'{cure}; or set backend to "local"', code="missing", at_key=True)


def _local(raw: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("base_runtime", "kubernetes"):
        if raw.get(name):
            yield _no_effect((name,), "backend is local", _HERE)
    for section, name in (("model", "namespace"), ("benchmark", "image")):
        part = raw.get(section)
        if isinstance(part, dict) and part.get(name):
            yield _no_effect((section, name), "backend is local", _HERE)


def _no_effect(place: tuple[str, ...], why: str, cure: str) -> Problem:
    return warning(place, f"has no effect: {why}", cure, "no_effect")
