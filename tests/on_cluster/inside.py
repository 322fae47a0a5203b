"""The tuner in a pod, by the example's own manifest: no image can be pulled here, so its image is busybox with this
machine's Python, and its volumes lead to folders of this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.resources import examples_folder
from cluster.cluster import Cluster
from cluster.errors import ClusterError
from cluster.host_python import host_python
from cluster.images import BOX
from cluster.places import REPOSITORY
from on_cluster.bench import results
from on_cluster.in_jobs import TEMPLATES, TunerInJobs, make_objects
from waiting import wait_for

Object = dict[str, Any]
EXAMPLE = examples_folder() / "in_cluster"


def example(name: str, namespace: str) -> Object:
    """An object of the examples, in another namespace."""
    body: Object = YAML(typ="safe", pure=True).load(EXAMPLE / name)
    assert body["metadata"]["namespace"] == "autotuner"
    body["metadata"]["namespace"] = namespace
    return body


@contextmanager
def least_rights(cluster: Cluster, namespace: str) -> Iterator[None]:
    """The account of the example with the rights of a run there, the optional ones left out."""
    bodies = list(YAML(typ="safe", pure=True).load_all(render_rbac(namespace)))
    needed = [body for body in bodies if not body["metadata"]["name"].endswith("-optional")]
    make_objects(cluster, needed)
    try:
        yield
    finally:
        for body in needed:
            where = ("-n", namespace) if "namespace" in body["metadata"] else ()
            cluster.kubectl("delete", body["kind"], body["metadata"]["name"], *where, "--wait=false")


class TunerInside(TunerInJobs):
    """A run of the example's Job with a task in the default mode (see in_jobs.task_in_jobs). `begin_job` creates it;
    what the run records is read from its volume."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, **changes: Any) -> None:
        super().__init__(cluster, namespace, folder, **changes)
        self.volume, self.job = folder / "recorded", ""
        volume, claim = results(namespace, self.volume, example("results-pvc.yaml", namespace)["metadata"]["name"])
        self.volume.chmod(0o777)  # a provisioner heeds fsGroup, a folder of the node does not
        claim["metadata"]["namespace"] = namespace
        task = {"task.json": self.task_file.read_text()}
        about = {"name": "autotuner-task", "namespace": namespace}
        make_objects(
            cluster, [volume, claim, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": task}]
        )

    def begin_job(self) -> None:
        """Create the example's Job, and wait until it has begun the run."""
        text = json.dumps(self._manifest())
        made = self.cluster.kubectl("create", "--validate=strict", "-f", "-", "-o", "name", input=text)
        self.job = made.strip().removeprefix("job.batch/")
        self.results = self.volume / self.job / "results"

        def begun() -> bool:
            assert not any(pod["status"]["phase"] == "Failed" for pod in self.pods()), self.told()
            return self.run_folder is not None

        wait_for(begun, 60, what="the run's beginning")

    def _manifest(self) -> Object:
        """The example's, with this machine's Python and checkout for its image."""
        job = example("job.yaml", self.namespace)
        spec = job["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        python = host_python(REPOSITORY)
        container["image"] = BOX
        container["env"] += [*python.env, {"name": "PATH", "value": f"{Path(sys.executable).parent}:/usr/bin:/bin"}]
        container["volumeMounts"] += python.mounts
        spec["volumes"] += python.volumes
        # Those of the benchmark's pods: their images are such ones too.
        spec["volumes"].append({"name": "templates", "hostPath": {"path": str(self.folder / "templates")}})
        for name in TEMPLATES:
            place = {"mountPath": str(REPOSITORY / "templates" / name), "subPath": name}
            container["volumeMounts"].append({"name": "templates", **place})
        return job

    def pods(self) -> list[Object]:
        """Those of the Job so far, the newest last."""
        words = ("get", "pods", "-n", self.namespace, "-l", f"batch.kubernetes.io/job-name={self.job}", "-o", "json")
        found: list[Object] = json.loads(self.cluster.kubectl(*words))["items"]
        return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def exec_words(self, *command: str) -> Sequence[str]:
        """What a user types for a terminal in the tuner's pod."""
        kubectl = [str(self.cluster.bin / "kubectl"), "--kubeconfig", str(self.cluster.kubeconfig)]
        return [*kubectl, "exec", "-it", "-n", self.namespace, f"job/{self.job}", "--", *command]

    def wait_complete(self) -> None:
        """Until the Job is Complete. Raises AssertionError with what its pods say where it is Failed."""

        def ended() -> bool:
            job = json.loads(self.cluster.kubectl("get", "job", self.job, "-n", self.namespace, "-o", "json"))
            met = {c["type"] for c in job["status"].get("conditions", ()) if c["status"] == "True"}
            assert "Failed" not in met, self.told()
            return "Complete" in met

        wait_for(ended, 240, what="the Job's end")

    def told(self) -> str:
        """What the tuner's pods said."""
        told = []
        for pod in self.pods():
            try:
                told.append(self.cluster.kubectl("logs", "-n", self.namespace, pod["metadata"]["name"]))
            except ClusterError as error:
                told.append(str(error))
        return "\n---\n".join([*told, json.dumps([pod["status"] for pod in self.pods()])])[-6000:]
