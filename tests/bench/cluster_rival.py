"""The architecture document's design of an experiment, plainly (its sections 3.2, 3.3 and 6.3): create the
InferenceService, ask for its condition Ready every so many seconds, start `kubectl port-forward`, run the genai-bench
command line, delete the service. In its favour: no wait after the port-forward but until it listens, and none for the
end of the pods."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autotuner_core.deploy.local.tiny_model import tokenizer_folder
from autotuner_core.deploy.port import ReservedPort
from cluster.cluster import Cluster
from on_cluster.catalog import MODEL
from tests.bench.cluster_witness import Witness, gone, is_true, made, moment
from tests.bench.runs import plain_command, run_plainly
from waiting import wait_for

SERVICES = "/apis/ome.io/v1beta1/namespaces/{}/inferenceservices"


@dataclass(frozen=True)
class Rival:
    """Seconds of one experiment. `own`: its wall time without start and load; `unpolled`: of those, from Ready being
    told to having been asked for."""

    own: float
    unpolled: float


def measure_rival(
    cluster: Cluster, namespace: str, manifest: Path, start: float, poll: float, seen: Witness, folder: Path
) -> Rival:
    """One experiment with an engine that takes `start` seconds to listen, of the service that the tuner made. `poll`:
    seconds between two looks."""
    body = service_like(manifest, namespace, folder.name, start)
    path = f"{SERVICES.format(namespace)}/{folder.name}"
    began = time.time()
    cluster.api.ask("POST", SERVICES.format(namespace), body)
    while not _is_ready(cluster.api.ask("GET", path)):
        time.sleep(poll)
    asked = time.time()
    pod = next(c.name for c in seen.changes if c.kind == "Pod" and c.name.startswith(f"{folder.name}-"))
    load = _loaded(cluster, namespace, pod, folder)
    cluster.api.ask("DELETE", path)
    took = time.time() - began
    began, ready = moment(seen.first(folder.name, made)), moment(seen.first(folder.name, is_true("Ready")))
    wait_for(lambda: seen.last(folder.name, lambda c: c.kind == "Pod" and gone(c)), what="the pod's end")
    return Rival(took - (ready - began) - load, asked - ready)


def service_like(manifest: Path, namespace: str, name: str, start: float) -> dict[str, Any]:
    """The tuner's own, under another name and without its lease."""
    body: dict[str, Any] = json.loads(json.dumps(YAML(typ="safe", pure=True).load(manifest)))
    body["metadata"] = {**body["metadata"], "name": name, "namespace": namespace}
    body["metadata"].pop("ownerReferences", None)
    args = body["spec"]["engine"]["runner"]["args"]
    place = next(n for n, word in enumerate(args) if word.startswith("--startup-delay"))
    args[place : place + (1 if "=" in args[place] else 2)] = [f"--startup-delay={start}"]
    return body


def _is_ready(service: dict[str, Any]) -> bool:
    conditions = service.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _loaded(cluster: Cluster, namespace: str, pod: str, folder: Path) -> float:
    """Load the engine through a port-forward; the seconds that the levels took."""
    reserved = ReservedPort()
    words = [cluster.bin / "kubectl", "--kubeconfig", cluster.kubeconfig, "-n", namespace]
    words += ["port-forward", f"pod/{pod}", f"{reserved.number}:8080"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, text=True) as forward:
        try:
            assert forward.stdout is not None and forward.stdout.readline().startswith("Forwarding from")
            url = f"http://127.0.0.1:{reserved.number}"
            command = plain_command(
                url, MODEL, tokenizer_folder(), folder, scenario="D(20,60)", concurrency=(1, 4), requests=40
            )
            return run_plainly(command, folder)
        finally:
            forward.kill()
            reserved.release()
