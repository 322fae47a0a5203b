"""The environment of the engine's container; OME lays it over the runtime's, variable by variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.arguments import literal
from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.runtime import Runtime
from autotuner_core.engines.flags import engine_env
from autotuner_core.engines.profile import Profile

if TYPE_CHECKING:
    from autotuner_core.task.model import Task


def engine_environment(
    task: Task,
    parameters: Mapping[str, Any],
    profile: Profile | None,
    runtime: Runtime | None,
    extra: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The variables that are set for a configuration: those that let the engine's caches be emptied, `extra`, the
    `env.NAME` parameters, and the task's secrets (by reference; a task may not name a variable as both).
    Raises ManifestError where the runtime takes a variable from elsewhere, which a value cannot replace."""
    flush = profile.flush if profile is not None and task.benchmark.cache == "cold" else None
    plain = {**(flush.env if flush else {}), **(extra or {}), **engine_env(parameters)}
    variables: dict[str, dict[str, Any]] = {
        name: {"name": name, "value": literal(value)} for name, value in plain.items()
    }
    for name, reference in task.kubernetes.env_from_secrets.items():
        secret, _, key = reference.partition("/")
        variables[name] = {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
    _check_kinds(variables, runtime)
    return list(variables.values())


def _check_kinds(ours: Mapping[str, Mapping[str, Any]], runtime: Runtime | None) -> None:
    for theirs in runtime.env if runtime else ():
        name = str(theirs.get("name"))
        mine = ours.get(name)
        # Laid over each other they would have a value and a source, and the Deployment would be refused in silence.
        if mine is not None and ("valueFrom" in mine) != ("valueFrom" in theirs):
            raise ManifestError(
                f"the runtime sets the variable {name} by {'a reference' if 'valueFrom' in theirs else 'a value'}, "
                f"which {'a value' if 'value' in mine else 'a secret'} of the task cannot replace",
                cure="Take it out of the runtime, or leave it out here.",
            )
