"""Runs whose load comes from BenchmarkJobs: what the test cluster's pods need for it, put where a user puts it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autotuner_core.deploy.local.tiny_model import model_file
from autotuner_core.resources import templates_folder
from cluster import engines
from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.images import IMAGES
from on_cluster.bench import results
from on_cluster.catalog import RUNTIME
from on_cluster.documents_task import the_documents_task
from on_cluster.tuning import TunerOnCluster

TEMPLATE = "benchmark_job.yaml.j2"
TEMPLATES = (TEMPLATE, "result_reader.yaml.j2")
RESOURCES = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "2", "memory": "2Gi"}}
LOADED = "loaded-model"
"""The model of these tasks: nothing but a tokenizer."""
IN_PODS = {"image": IMAGES[-1], "resources": RESOURCES}
"""For a task's benchmark."""
UNHURRIED = {"traffic_scenarios": ["D(10,400)", "D(10,500)"], "num_concurrency": [1], "max_requests_per_iteration": 25}
"""Two levels that are valid on a machine that is busy besides: one request at a time, each a fifth of a second long."""


def template_for_this_machine(folder: Path, interpreter: str = sys.executable) -> Path:
    """A folder with the program's own templates of pods, to which the genai-bench of an interpreter of this machine is
    added: no image can be pulled here."""
    folder.mkdir(exist_ok=True)
    python = host_python(interpreter=interpreter)
    path = [{"name": "PATH", "value": f"{Path(interpreter).parent}:/usr/bin:/bin"}]
    for name in TEMPLATES:
        text = (templates_folder() / name).read_text()
        for key, more in (("env", path), ("volumes", python.volumes), ("volume_mounts", python.mounts)):
            assert f"{{{{ {key} | tojson }}}}" in text
            text = text.replace(f"{{{{ {key} | tojson }}}}", f"{{{{ ({key} + {json.dumps(more)}) | tojson }}}}")
        (folder / name).write_text(text)
    return folder


def make_objects(cluster: Cluster, items: Iterable[Mapping[str, Any]]) -> None:
    """Apply them."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)


def model_with_tokenizer(cluster: Cluster) -> None:
    """The test cluster's model with its tokenizer beside it, as a model's folder has it; its runtime."""
    file = model_file()
    folder = file.parent / "tokenizer"
    beside = folder / file.name
    if not beside.exists():
        beside.hardlink_to(file)
    make_objects(cluster, [engines.model(folder), engines.engine_runtime(file.name)])


def task_in_jobs(namespace: str, **changes: Any) -> dict[str, Any]:
    """A task of one configuration of the small server, with two short levels and no warm-up to wait for."""
    task: dict[str, Any] = {
        "task_name": "in-jobs",
        "model": {"name": LOADED, "namespace": namespace},
        "base_runtime": RUNTIME,
        "parameters": {"tp_size": {"type": "choice", "values": [1]}},
        "optimization": {"objective": "minimize_latency", "timeout_per_iteration": 60, "retries": 0},
        "benchmark": {
            "traffic_scenarios": ["D(10,200)"],
            "num_concurrency": [1, 2],
            "max_time_per_iteration": 1,
            "max_requests_per_iteration": 40,
            **IN_PODS,
        },
    }
    for section, keys in changes.items():
        merged = isinstance(keys, dict) and section != "parameters"
        task[section] = {**task.get(section, {}), **keys} if merged else keys
    return task


class TunerInJobs(TunerOnCluster):
    """A run in the default mode; its results go to `files`, a folder of this machine that the claim leads to."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, **changes: Any) -> None:
        super().__init__(cluster, namespace, folder, **changes)
        templates = template_for_this_machine(folder / "templates")
        self.run_options = ("--kubeconfig", str(cluster.kubeconfig), "--templates", str(templates))
        self.files = folder / "claim"
        volume, claim = results(namespace, self.files)
        claim["metadata"]["namespace"] = namespace
        make_objects(cluster, [volume, claim])

    def claim_with(self, access_mode: str) -> None:
        """Make claim and volume anew, with another access mode."""
        volume, claim = results(self.namespace, self.files)
        claim["metadata"]["namespace"] = self.namespace
        for body in (claim, volume):
            self.cluster.kubectl("delete", body["kind"], body["metadata"]["name"], "-n", self.namespace)
            body["spec"]["accessModes"] = [access_mode]
        make_objects(self.cluster, [volume, claim])

    def without_launcher(self) -> None:
        """As with an image in which the launcher does not report: genai-bench runs by itself."""
        template = self.folder / "templates" / TEMPLATE
        without = '((env | rejectattr("name", "equalto", "PYTHONPATH") | list) +'
        text = template.read_text()
        assert "(env +" in text
        template.write_text(text.replace("(env +", without))


def by_itself(cluster: Cluster, namespace: str, folder: Path) -> TunerInJobs:
    """A run of one configuration of a real engine, at one level, without a launcher."""
    model_with_tokenizer(cluster)
    task = the_documents_task()
    task["parameters"] = {"tp_size": {"type": "choice", "values": [1]}}
    task["benchmark"] = {**IN_PODS, "num_concurrency": [2], "max_requests_per_iteration": 30}
    run = TunerInJobs(cluster, namespace, folder, **task)
    run.run_options += ("--namespace", namespace)
    run.without_launcher()
    return run
