"""A BenchmarkJob on the test cluster whose load is a script: it waits for a file with its exit code, or for SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import BENCHMARK_JOB, INFERENCE_SERVICE, POD
from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.images import IMAGES
from on_cluster.replayed import NAME, service
from on_cluster.seen import Seen, unrepeated
from on_cluster.sent import benchmark, laid_over
from waiting import wait_for

Object = dict[str, Any]

CLAIM = "benchmark-results-pvc"
VOLUMES = "/api/v1/persistentvolumes"
LOAD = """#!{python}
import signal, sys, time
from pathlib import Path
if "{ignores}" == "True":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
while not (told := Path("{folder}/exit-code")).exists():
    time.sleep(0.05)
sys.exit(int(told.read_text()))
"""


class Bench:
    """A BenchmarkJob named BJ in the recordings' words, of a service named ISVC."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path) -> None:
        self.cluster, self.namespace, self.folder = cluster, namespace, folder
        self.seen = Seen(namespace, ISVC=NAME, BJ="measured")
        self.client: KubeClient

    def body(self, *, ignores: bool = False, **change: Any) -> Object:
        """What is created: genai-bench is the script."""
        python = host_python(self.folder)
        program = self.folder / "genai-bench"
        program.write_text(LOAD.format(python=python.interpreter, ignores=ignores, folder=self.folder))
        program.chmod(0o755)
        override = {
            "image": IMAGES[1],
            "env": [{"name": "PATH", "value": f"{self.folder}:/usr/bin:/bin"}],
            "volumes": python.volumes,
            "volumeMounts": python.mounts,
            "resources": {kind: {"cpu": "10m", "memory": "64Mi"} for kind in ("requests", "limits")},
        }
        about = {"metadata": {"name": "measured"}, "spec": {"podOverride": override}}
        named = {"spec": {"endpoint": {"inferenceService": {"name": NAME}}}}
        return laid_over(laid_over(laid_over(benchmark(self.namespace), about), named), change)

    def serve(self, *, ready: bool = True) -> None:
        """Create the service; it is waited for."""
        case: Object = {"runtime": "misbehaving-rt"} if ready else {"args": ["--never-ready"]}
        self.client.create(INFERENCE_SERVICE, service(case), self.namespace)
        state = "True" if ready else "False"
        wait_for(lambda: self.seen.states("EngineReady")[-1:] == [state], 60, what=f"EngineReady {state}")

    def states(self) -> list[str]:
        """Its states, one after the other."""
        steps = self.seen.steps.get((BENCHMARK_JOB.name, "BJ"), [])
        return unrepeated([step["state"] for step in steps])

    def finish(self, code: int) -> None:
        """End the load."""
        (self.folder / "exit-code").write_text(str(code))

    def runs(self) -> bool:
        """Whether its pod does."""
        pods, _ = self.client.list(POD, self.namespace, labels="benchmark=measured")
        return any(pod["status"]["phase"] == "Running" for pod in pods)


def results(namespace: str, folder: Path, claim_name: str = CLAIM) -> tuple[Object, Object]:
    """A volume in a folder of this machine, which is made, and the claim to it that the results go to."""
    folder.mkdir(exist_ok=True)
    name, amount = f"{claim_name}-{namespace}", {"storage": "1Mi"}
    spec = {"capacity": amount, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": str(folder)}}
    of = {"claimRef": {"namespace": namespace, "name": claim_name}, "persistentVolumeReclaimPolicy": "Retain"}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {**spec, **of}}
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": amount}}
    claim = {**wanted, "storageClassName": "", "volumeName": name}
    about = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim_name}}
    return volume, {**about, "spec": claim}
