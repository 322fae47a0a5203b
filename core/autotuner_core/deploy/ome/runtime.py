"""What a serving runtime of the cluster says of the engine: its command line, environment, hardware and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from autotuner_core.deploy.ome.errors import ManifestError

CONTAINER = "ome-container"
"""The name that OME wants the engine's container to have."""
SHARED_MEMORY = "/dev/shm"


@dataclass(frozen=True)
class Runtime:
    """A ClusterServingRuntime or ServingRuntime, as far as the engine's container is concerned.

    `shm_volume` is the volume that it mounts at /dev/shm; `port` the first port of the container, where it names one.
    """

    name: str
    kind: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[Mapping[str, Any], ...]
    resources: Mapping[str, Mapping[str, Any]]
    tolerations: tuple[Mapping[str, Any], ...]
    shm_volume: str | None
    port: int | None

    @property
    def words(self) -> tuple[str, ...]:
        """The whole command line."""
        return (*self.command, *self.args)


def read_runtime(body: Mapping[str, Any]) -> Runtime:
    """A runtime as the API gives it. Raises ManifestError for one that has no container to start an engine in."""
    name = str(_part(body, "metadata").get("name", ""))
    spec = _part(body, "spec")
    engine = _part(spec, "engineConfig")
    runner = _runner(spec, engine, name)
    pod = engine if _part(engine, "runner") else spec
    resources = _part(runner, "resources")
    ports = [port["containerPort"] for port in _items(runner, "ports") if isinstance(port.get("containerPort"), int)]
    mounts = _items(runner, "volumeMounts")
    return Runtime(
        name=name,
        kind=str(body.get("kind") or "ClusterServingRuntime"),
        image=str(runner.get("image") or ""),
        command=tuple(map(str, runner.get("command") or ())),
        args=tuple(map(str, runner.get("args") or ())),
        env=tuple(_items(runner, "env")),
        resources={kind: _part(resources, kind) for kind in ("requests", "limits")},
        tolerations=tuple(_items(pod, "tolerations")),
        shm_volume=next((str(mount.get("name")) for mount in mounts if mount.get("mountPath") == SHARED_MEMORY), None),
        port=ports[0] if ports else None,
    )


def laid_over(runtime: Runtime, runner: Mapping[str, Any]) -> Runtime:
    """The runtime with a service's own runner over it, as OME does it: command and args replace, the environment is
    merged (here: the service's variables behind the runtime's)."""
    return replace(
        runtime,
        image=str(runner.get("image") or runtime.image),
        command=tuple(map(str, runner["command"])) if runner.get("command") else runtime.command,
        args=tuple(map(str, runner["args"])) if runner.get("args") else runtime.args,
        env=(*runtime.env, *_items(runner, "env")),
    )


def _runner(spec: Mapping[str, Any], engine: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if runner := _part(engine, "runner"):
        return runner
    if _part(engine, "leader"):
        raise ManifestError(
            f"the runtime {name} spreads one engine over several nodes (leader and worker), which cannot be tuned yet",
            cure="Name a runtime whose engineConfig has a runner in base_runtime.",
        )
    containers = [*_items(engine, "containers"), *_items(spec, "containers")]
    named = [container for container in containers if container.get("name") == CONTAINER]
    if not containers:
        raise ManifestError(
            f"the runtime {name} has no engineConfig.runner: it says nothing of how its engine is started",
            cure="Name another runtime in base_runtime; `kubectl get clusterservingruntimes` lists them.",
        )
    return (named or containers)[0]


def _part(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = body.get(key)
    return part if isinstance(part, Mapping) else {}


def _items(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = body.get(key)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, Iterable) else []
