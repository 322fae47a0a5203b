"""Runs on the test cluster as a user starts them: the whole command line, its journal, and what it leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autotuner_core.run.events import Event, RunEnded
from cluster.cluster import Cluster
from killing import Victim
from on_cluster.catalog import MODEL, RUNTIME
from stub_load import stub_benchmark
from waiting import wait_for

KINDS = "inferenceservices,deployments,pods,jobs,services"
OURS = "app.kubernetes.io/managed-by=autotuner-tui"


def task_of(folder: Path, namespace: str, **changes: Any) -> dict[str, Any]:
    """A task of two configurations with a stub for the load; sections of `changes` are laid over its own, and those
    that are no objects replace them."""
    task: dict[str, Any] = {
        "task_name": "on-cluster",
        "model": {"name": MODEL, "namespace": namespace},
        "base_runtime": RUNTIME,
        "parameters": {"tp_size": {"type": "choice", "values": [1, 2]}},
        "optimization": {"objective": "minimize_latency", "timeout_per_iteration": 60, "retries": 0},
        "benchmark": stub_benchmark(folder),
    }
    for section, keys in changes.items():
        merged = isinstance(keys, dict) and section != "parameters"
        task[section] = {**task.get(section, {}), **keys} if merged else keys
    return task


class TunerOnCluster(Victim):
    """One task in a folder of its own (`changes` to task_of's, or a whole one). `begin` and `resume` start the command
    line, `events` reads its journal."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, **changes: Any) -> None:
        whole = changes if "task_name" in changes else task_of(folder, namespace, **changes)
        super().__init__(folder, whole)
        self.cluster, self.namespace = cluster, namespace
        self.run_options = ("--direct", "--kubeconfig", str(cluster.kubeconfig))
        self.environment["PATH"] = f"{cluster.bin}{os.pathsep}{os.environ['PATH']}"
        self.environment.pop("KUBECONFIG", None)

    def run(self) -> int:
        """The whole run; its exit code."""
        return self.begin().wait(180)

    def until(self, condition: Callable[[Event], bool]) -> Event:
        """The first event for which it holds. Raises AssertionError with what the run said where it ends before."""

        def found() -> Event | None:
            events = self.events()
            assert not any(isinstance(event, RunEnded) for event in events), self.said()
            return next((event for event in events if condition(event)), None)

        return wait_for(found, 60)

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one type so far."""
        return [event for event in self.events() if isinstance(event, kind)]

    def left_in_cluster(self) -> list[str]:
        """The names of everything in the test's namespace that carries this tool's label, pods of others too."""
        found = json.loads(self.cluster.kubectl("get", KINDS, "-n", self.namespace, "-l", OURS, "-o", "json"))
        return [f"{item['kind']}/{item['metadata']['name']}" for item in found["items"]]

    def check_nothing_is_left(self) -> None:
        """No object, no process, and nothing in the journal that was not seen to be gone."""
        assert self.left_in_cluster() == []
        assert self.state().resources == {}
        self.seconds_until_all_is_gone()
