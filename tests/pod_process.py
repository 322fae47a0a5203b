"""A BenchmarkJob's container as a process of this machine: the arguments that OME's controller gives, the environment
that the product asks for, and the launcher where the ConfigMap would be mounted."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job import commands, names
from autotuner_core.benchmark.job.manifest import render_benchmark_job
from autotuner_core.benchmark.job.reports import SAMPLES, JobFork, JobReports
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.benchmark.warm import LAUNCHER
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.port import ReservedPort
from autotuner_core.task.load import task_from_json
from cluster.ome.jobs import Loaded, job_of
from cluster.ome.ways import WAYS

AMOUNTS = {f"{name}{word}": "1" for name in ("cpu", "memory") for word in ("Request", "Limit")} | {"image": "bench:1"}
PROGRAM = "import sys; from genai_bench.cli.cli import cli; sys.exit(cli())"
"""What the command `genai-bench` is."""


class PodProcess:
    """What a JobLevel needs of a JobPod, with a process in the pod's place that loads the server at `url`. `places`
    stand on its PYTHONPATH behind the launcher's folder; without a launcher it runs by itself."""

    def __init__(
        self, folder: Path, url: str, tokenizer: Path, levels: Sequence[Level], places: Sequence[str] = ()
    ) -> None:
        self.folder, self.task = folder, task_from_json(_task(tokenizer))
        container, self.manifest = _container(self.task, url, tokenizer, levels)
        self._reserved = ReservedPort()
        self._port = self._reserved.number
        mounted = folder / "mounted"
        mounted.mkdir(parents=True)
        shutil.copy(LAUNCHER, mounted / names.LAUNCHER_FILE)
        arguments = list(container["args"])
        self.files = folder / "claim" / arguments[arguments.index("--experiment-folder-name") + 1]
        arguments[arguments.index("--experiment-base-dir") + 1] = str(self.files.parent)
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        environment |= {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join([str(mounted), *places]),
            names.POD_VARIABLE: json.dumps({"port": self._port}),
        }
        raw = folder / "benchmark_pod.log"
        self.reports = JobReports(raw, folder / "benchmark.log", folder / SAMPLES)
        self._numbers = itertools.count(1)
        with raw.open("wb") as log:
            command = [sys.executable, "-c", PROGRAM, *arguments]
            self.process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def listens(self) -> bool:
        """Whether it takes commands, as far as it has said. Raises AssertionError where it has ended instead."""
        ended = self.ended
        self.reports.look()
        assert self.reports.listening is not None or not ended, self.tail()
        return self.reports.listening is not None

    @property
    def orders(self) -> PodProcess:
        """It takes them itself: see PodOrders for those that follow."""
        return self

    def take_left(self, level: Level) -> None:
        """Nobody was here before."""

    def begin(self, arguments: Sequence[str], settings: Mapping[str, Any], folder: str) -> JobFork:
        """See PodOrders.begin."""
        fork = self.reports.expect(next(self._numbers), int(settings.get("workers", 1)))
        command = {"cmd": "level", "id": fork.number, "arguments": list(arguments), "settings": dict(settings)}
        assert commands.send(self._port, {**command, "folder": folder}, 3.0, _wait)
        return fork

    def end(self, fork: JobFork, *, kill: bool = False) -> bool:
        """See PodOrders.end."""
        return commands.send(self._port, {"cmd": "end", "id": fork.number, "kill": kill}, 1.0, _wait)

    def ask_again(self, fork: JobFork) -> bool:
        """See PodOrders.ask_again."""
        self.reports.expect_again(fork)
        command = {"cmd": "again", "id": fork.number, "at": self.reports.pieces.size}
        return commands.send(self._port, command, 3, _wait)

    @property
    def ended(self) -> bool:
        """Whether the process has."""
        return self.process.poll() is not None

    def failure(self, *, now: bool = False) -> None:
        """Nothing is known of a process but that it has ended."""

    def tail(self) -> tuple[str, ...]:
        """The last lines of what it said."""
        return log_tail(self.folder / "benchmark.log")

    def close(self) -> int:
        """As Kubernetes ends it: its exit code."""
        self._reserved.release()
        if not self.ended:
            self.process.terminate()
        try:
            return self.process.wait(30)
        finally:
            if not self.ended:
                os.killpg(self.process.pid, signal.SIGKILL)


def _task(tokenizer: Path) -> dict[str, Any]:
    return {
        "task_name": "pod-test",
        "model": {"name": "tiny", "namespace": "tuning"},
        "base_runtime": "sglang-rt",
        "parameters": {"tp_size": {"type": "choice", "values": [1]}},
        "optimization": {"objective": "maximize_throughput"},
        "benchmark": {"model_tokenizer": str(tokenizer)},
    }


def _container(task: Any, url: str, tokenizer: Path, levels: Sequence[Level]) -> tuple[Any, SimpleNamespace]:
    model = {"kind": "ClusterBaseModel", "metadata": {"name": "tiny"}, "spec": {"storage": {"path": str(tokenizer)}}}
    where = RunInCluster("ab12", "ab12-token", task, "tuning", direct=False)
    manifest = render_benchmark_job(
        where, 1, 1, levels, claim="results", result_folder="exp1-attempt1", model=model, owner=None
    )
    body = {**manifest.body, "metadata": {**manifest.body["metadata"], "uid": "1"}}  # as stored
    job = job_of(body, Loaded(url, "sglang", "vllm-model", model), AMOUNTS, WAYS["1.2.2"])
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return container, SimpleNamespace(name=manifest.name, claim=manifest.claim)


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return True
