"""What the stand-in of OME's controller makes, field by field, against what the real ones were recorded to make of the
same: the catalog's objects and the client's are taken back out of the recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from autotuner_core.kube.kinds import (
    BENCHMARK_JOB,
    CLUSTER_BASE_MODEL,
    CLUSTER_SERVING_RUNTIME,
    CONFIG_MAP,
    DEPLOYMENT,
    INFERENCE_SERVICE,
    JOB,
    PVC,
    SERVICE,
    Kind,
)
from cluster import engines as sample
from cluster.cluster import Cluster
from on_cluster.recordings import fields, recording
from on_cluster.replayed import HEALTHY, NAME, service
from on_cluster.seen import Seen, watched
from waiting import wait_for

Object = dict[str, Any]
MODEL, RUNTIME = "recorded-model", "recorded-rt"
OWN_ENV = ("MODEL_PATH", "PARALLELISM_SIZE", "ENABLE_UI")


def recorded(version: str, kind: Kind, name: str) -> Object:
    """An object as it was first, with all its fields."""
    lines = recording(version, HEALTHY)
    return next(line for line in lines if line["kind"] == kind.name and line["name"] == name and "spec" in line)


def own(entries: list[Object], *names: str) -> list[Object]:
    """What OME did not add."""
    return [entry for entry in entries if entry["name"] not in names]


def catalog_of(deployment: Object) -> list[tuple[Kind, Object]]:
    """A model and a runtime that make it."""
    pod = deployment["spec"]["template"]["spec"]
    container = dict(pod["containers"][0])
    container["env"] = own(container["env"], *OWN_ENV)
    container["volumeMounts"] = own(container["volumeMounts"], sample.MODEL)
    volumes = own(pod["volumes"], sample.MODEL)
    selector = {key: value for key, value in pod["nodeSelector"].items() if "ome.io" not in key}
    about = {**sample.model_spec("/")}
    about["storage"] = {**about["storage"], "path": "MODEL_PATH", "key": "hf-token"}
    formats = [{"modelFormat": about["modelFormat"], "modelFramework": about["modelFramework"]}]
    engine = {"volumes": volumes, "nodeSelector": selector, "runner": container}
    runtime = {"supportedModelFormats": formats, "engineConfig": engine}
    made = ((CLUSTER_BASE_MODEL, MODEL, about), (CLUSTER_SERVING_RUNTIME, RUNTIME, runtime))
    return [(k, {"apiVersion": k.api_version, "kind": k.name, "metadata": {"name": n}, "spec": s}) for k, n, s in made]


@pytest.fixture
def recorded_catalog(cluster: Cluster, either_ome: str) -> Iterator[None]:
    """The recordings' model and runtime."""
    bodies = catalog_of(recorded(either_ome, DEPLOYMENT, "ISVC-engine"))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [body for _, body in bodies]})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", "-", input=text)
    yield
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", input=text)


def test_a_service_is_made_into_the_same_objects(
    cluster: Cluster, either_ome: str, recorded_catalog: None, namespace: str
) -> None:
    seen = Seen(namespace, ISVC=NAME, **{"llama-3-2-1b-instruct": MODEL, "real-rt": RUNTIME})
    body = service({"model": MODEL, "runtime": RUNTIME})
    body["metadata"]["labels"] = {"autotuner.io/task": "real"}
    body["spec"]["engine"].pop("terminationGracePeriodSeconds")
    wanted = (
        (CONFIG_MAP, "modelconfig-ISVC"),
        (SERVICE, "ISVC-engine"),
        (SERVICE, "ISVC"),
        (DEPLOYMENT, "ISVC-engine"),
    )
    with watched(cluster, seen, CONFIG_MAP, SERVICE, DEPLOYMENT) as client:
        client.create(INFERENCE_SERVICE, body, namespace)
        for kind, name in wanted:
            wait_for(lambda kind=kind, name=name: (kind.name, name) in seen.first, 30, what=name)
    for kind, name in wanted:
        assert fields(seen.first[kind.name, name]) == fields(recorded(either_ome, kind, name))


def test_a_benchmark_is_made_into_the_same_job(
    cluster: Cluster, engines: None, either_ome: str, namespace: str
) -> None:
    real = recorded(either_ome, JOB, "BJ")
    seen = Seen(namespace, ISVC=NAME, BJ="measured")
    with watched(cluster, seen, JOB, INFERENCE_SERVICE) as client:
        client.create(INFERENCE_SERVICE, service({"runtime": "misbehaving-rt"}), namespace)
        client.create(PVC, claim(), namespace)
        wait_for(lambda: seen.states("EngineReady")[-1:] == ["True"], 60, what="EngineReady")
        model = cluster.api.ask("GET", f"/apis/ome.io/v1beta1/clusterbasemodels/{sample.MODEL}")
        folder = model["spec"]["storage"]["path"]
        client.create(BENCHMARK_JOB, benchmark_of(real, namespace, folder), namespace)
        wait_for(lambda: (JOB.name, "BJ") in seen.first, 30, what="a Job")
    made = json.dumps(seen.first[JOB.name, "BJ"]).replace(folder, "MODEL_PATH")
    assert fields(json.loads(made)) == fields(real)


def claim(name: str = "benchmark-results-pvc") -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "storageClassName": ""}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def benchmark_of(job: Object, namespace: str, folder: str, name: str = "measured") -> Object:
    """A BenchmarkJob that is made into this Job. It mounts the model's folder itself, as 0.1.3 needs it."""
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    volumes = own(pod["volumes"], sample.MODEL, "benchmark-output-storage")
    mounts = own(container["volumeMounts"], "benchmark-output-storage")
    mounts = [{**mount, "mountPath": folder} if mount["name"] == sample.MODEL else mount for mount in mounts]
    override = {
        "image": container["image"],
        "env": own(container["env"], *OWN_ENV),
        "volumes": volumes,
        "volumeMounts": mounts,
        "resources": container["resources"],
        "nodeSelector": {key: value for key, value in pod["nodeSelector"].items() if key.startswith("testbed")},
    }
    spec = {
        "endpoint": {"inferenceService": {"name": NAME, "namespace": namespace}},
        "task": "text-to-text",
        "trafficScenarios": ["D(50,50)"],
        "numConcurrency": [1, 2],
        "maxTimePerIteration": 1,
        "maxRequestsPerIteration": 20,
        "resultFolderName": name,
        "outputLocation": {"storageUri": f"pvc://benchmark-results-pvc/{name}"},
        "podOverride": override,
    }
    about = {"apiVersion": BENCHMARK_JOB.api_version, "kind": BENCHMARK_JOB.name, "metadata": {"name": name}}
    return {**about, "spec": spec}
