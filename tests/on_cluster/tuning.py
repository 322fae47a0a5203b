"""Runs on the test cluster as a user starts them: the whole command line, its journal, and what it leaves."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from autotuner_core.run.events import Event, RunEnded
from cluster.cluster import Cluster
from killing import Victim
from on_cluster.catalog import MODEL, RUNTIME
from stub_load import stub_benchmark
from waiting import wait_for

KINDS = (
    "inferenceservices,benchmarkjobs,deployments,replicasets,pods,jobs,services,ingresses,configmaps,secrets,"
    "persistentvolumeclaims,horizontalpodautoscalers"
)
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
            event = next((event for event in events if condition(event)), None)
            assert event is not None or not any(isinstance(event, RunEnded) for event in events), self.said()
            return event

        return wait_for(found, 60)

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one type so far."""
        return [event for event in self.events() if isinstance(event, kind)]

    def left_in_cluster(self) -> list[str]:
        """The names of everything in the test's namespace that carries this tool's label, pods of others too."""
        found = json.loads(self.cluster.kubectl("get", KINDS, "-n", self.namespace, "-l", OURS, "-o", "json"))
        return [f"{item['kind']}/{item['metadata']['name']}" for item in found["items"]]

    def processes(self) -> list[psutil.Process]:
        """Everything that was started for this test's runs, with or without their tokens: its environment has the
        test's folder."""
        found = (process for process in psutil.process_iter() if process.pid != os.getpid())
        return [process for process in found if _state_of(process) == self.environment["XDG_STATE_HOME"]]

    def clean(self, state: Path | None = None) -> None:
        """`clean --yes` in the test's namespace, by the administrator; `state`: as from another machine."""
        words = ("clean", "--yes", "--kubeconfig", str(self.cluster.kubeconfig), "--namespace", self.namespace)
        environment = {**self.environment, "XDG_STATE_HOME": str(state or self.environment["XDG_STATE_HOME"])}
        command = [sys.executable, "-m", "autotuner_tui", *words]
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def check_nothing_is_left(self) -> None:
        """No object, no process, and nothing in the journal that was not seen to be gone."""
        assert self.left_in_cluster() == []
        assert self.state().resources == {}
        self.seconds_until_all_is_gone()

    def check_nobody_is_left(self) -> None:
        """After the test, when viewers are gone too: no object, no process of whatever kind, no port."""
        assert self.left_in_cluster() == []
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not self.processes(), 10)
        left = [" ".join([*process.cmdline()[:4], *_ports(process)]) for process in self.processes()]
        assert not left, f"still running: {left}"

    def clear(self) -> None:
        """End what is still running: the next test must not meet it."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _state_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("XDG_STATE_HOME") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:  # it ended, or is another user's
        return None


def _ports(process: psutil.Process) -> list[str]:
    try:
        connections = process.net_connections()
    except psutil.Error:
        return []
    return [f"listens at port {one.laddr.port}" for one in connections if one.status == psutil.CONN_LISTEN]
