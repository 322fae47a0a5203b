"""What was sent to the real OME 1.2.2 with its webhooks on, by the recordings' names for it: how each request differs
from one that is accepted. Those that are missing need a newer CRD than is here, or tell nothing of the webhooks."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
Change = Object | str  # laid over the object, None taking a field away; or the name


def service(namespace: str, model: str, runtime: str) -> Object:
    """An InferenceService that is accepted."""
    return {
        "apiVersion": "ome.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "model": {"name": model},
            "runtime": {"name": runtime},
            "engine": {"minReplicas": 1, "maxReplicas": 1, "runner": {"name": "ome-container"}},
        },
    }


def benchmark(namespace: str) -> Object:
    """A BenchmarkJob that is accepted."""
    return {
        "apiVersion": "ome.io/v1beta1",
        "kind": "BenchmarkJob",
        "metadata": {"name": "web-bj", "namespace": namespace},
        "spec": {
            "endpoint": {"inferenceService": {"name": "web", "namespace": namespace}},
            "task": "text-to-text",
            "trafficScenarios": ["D(50,50)"],
            "numConcurrency": [1],
            "maxTimePerIteration": 1,
            "maxRequestsPerIteration": 20,
            "resultFolderName": "web",
            "outputLocation": {"storageUri": "pvc://benchmark-results-pvc/web"},
        },
    }


def annotated(**values: str) -> Object:
    return {"metadata": {"annotations": {f"ome.io/{name}": value for name, value in values.items()}}}


def engine(**values: Any) -> Object:
    return {"spec": {"engine": values}}


def scenarios(*names: str) -> Object:
    return {"spec": {"trafficScenarios": list(names)}}


def stored(uri: str) -> Object:
    return {"spec": {"outputLocation": {"storageUri": uri}}}


DIRECT = {"url": "http://x", "apiFormat": "openai", "modelName": "m"}

SENT: dict[str, Change] = {
    "isvc as the client sends it": {},
    "isvc without min/max": engine(minReplicas=None, maxReplicas=None),
    "isvc: no engine": {"spec": {"engine": None}},
    "isvc: spec empty": {"spec": {"engine": None, "model": None, "runtime": None}},
    "isvc: engine {}": engine(minReplicas=None, maxReplicas=None, runner=None),
    "isvc: unknown model": {"spec": {"model": {"name": "no-such-model"}}},
    "isvc: disabled model": {"spec": {"model": {"name": "disabled-model"}}},
    "isvc: unknown runtime": {"spec": {"runtime": {"name": "no-such-runtime"}}},
    "isvc: disabled runtime": {"spec": {"runtime": {"name": "disabled-rt"}}},
    "isvc: mismatched runtime": {"spec": {"runtime": {"name": "other-rt"}}},
    "isvc: runtime without formats": {"spec": {"runtime": {"name": "noformat-rt"}}},
    "isvc: no runtime (auto select)": {"spec": {"runtime": None}},
    "isvc: no model": {"spec": {"model": None}},
    "isvc: no model no runtime": {"spec": {"model": None, "runtime": None}},
    "isvc: min>max": engine(minReplicas=2),
    "isvc: min 0": engine(minReplicas=0),
    "isvc: max 0": engine(maxReplicas=0),
    "isvc: min -1": engine(minReplicas=-1),
    "isvc: max 3": engine(maxReplicas=3),
    "isvc: name with dot": "a.b",
    "isvc: name starts with a digit": "1abc",
    "isvc: name 64 chars": "a" * 64,
    "isvc: name 50 chars": "a" * 50,
    "isvc: name UPPER": "Abc",
    "isvc: deploymentMode Serverless annotation": annotated(deploymentMode="Serverless"),
    "isvc: deploymentMode bogus annotation": annotated(deploymentMode="Bogus"),
    "isvc: autoscalerClass external": annotated(autoscalerClass="external"),
    "isvc: autoscalerClass none": annotated(autoscalerClass="none"),
    "isvc: runner without name": engine(runner={"name": ""}),
    "isvc: runner.name other": engine(runner={"name": "other"}),
    "bj as the client sends it": {},
    "bj: no endpoint": {"spec": {"endpoint": {"inferenceService": None}}},
    "bj: both endpoints": {"spec": {"endpoint": {"endpoint": DIRECT}}},
    "bj: direct endpoint": {"spec": {"endpoint": {"inferenceService": None, "endpoint": DIRECT}}},
    "bj: scenario D(100)": scenarios("D(100)"),
    "bj: scenario bogus": scenarios("bogus"),
    "bj: scenario N(480,240)/(300,150)": scenarios("N(480,240)/(300,150)"),
    "bj: no scenario": {"spec": {"trafficScenarios": None}},
    "bj: scenario P": scenarios("P(100,100)"),
    "bj: scenario dataset": scenarios("dataset"),
    "bj: duplicate scenarios": scenarios("D(50,50)", "D(50,50)"),
    "bj: duplicate concurrency": {"spec": {"numConcurrency": [1, 1]}},
    "bj: storage pvc without path": stored("pvc://benchmark-results-pvc"),
    "bj: storage bogus": stored("bogus://x"),
    "bj: storage file": stored("/tmp/x"),
    "bj: no outputLocation": {"spec": {"outputLocation": None}},
    "bj: isvc not there": {"spec": {"endpoint": {"inferenceService": {"name": "none"}}}},
    "bj: task bogus": {"spec": {"task": "bogus"}},
    "bj: maxTime 0": {"spec": {"maxTimePerIteration": 0}},
    "bj: no maxTime": {"spec": {"maxTimePerIteration": None}},
    "bj: temperature word": {"spec": {"additionalRequestParams": {"temperature": "hot"}}},
    "bj: ignore_eos yes": {"spec": {"additionalRequestParams": {"ignore_eos": "yes"}}},
    "bj: serviceMetadata partial": {"spec": {"serviceMetadata": {"engine": "vLLM"}}},
    "bj: serviceMetadata H200": {
        "spec": {"serviceMetadata": {"engine": "vLLM", "version": "1", "gpuType": "H200", "gpuCount": 1}}
    },
    "bj: name with dot": "a.b",
    "bj: name 64": "a" * 64,
}
NOT_SENT = {
    "isvc: spec.deploymentMode RawDeployment": "a field that OME's CRDs have since v0.1.5",
    "isvc: spec.deploymentMode OMENative": "likewise",
    "isvc: spec.deploymentMode bogus": "likewise",
    "isvc: autoscaler block class none": "likewise",
    "isvc: runtime.autoSync false": "likewise",
    "isvc: spec.predictor": "a field that they no longer have",
    "isvc: acceleratorClass unknown": "accelerator classes, which the stand-in leaves alone",
    "bj: endpoint E text-to-embeddings": "which scenarios it takes there was not recorded",
}


def laid_over(body: Object, change: Object) -> Object:
    """The object with a change; None takes a field away."""
    merged = dict(body)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = laid_over(merged[key], value) if both else value
    return merged


def request(body: Object, change: Change) -> Object:
    """The object that is sent."""
    return laid_over(body, {"metadata": {"name": change}} if isinstance(change, str) else change)
