"""The service of the recordings' cases, as the test cluster can run it."""

from __future__ import annotations

from typing import Any

from autotuner_core.kube.kinds import INFERENCE_SERVICE
from cluster import engines as sample

Object = dict[str, Any]

HEALTHY = "isvc-healthy-then-bj-then-delete"
NAME = "replayed"


def service(case: Object, name: str = NAME) -> Object:
    """An InferenceService; `case` has args, image, gpus, memory, model and runtime where they differ from those of the
    healthy one."""
    runner: Object = {"name": "ome-container"}
    if args := case.get("args"):
        runner["args"] = ["--host=0.0.0.0", "--port=8080", "--model-path=$(MODEL_PATH)/none", *args]
    if image := case.get("image"):
        runner["image"] = image
    amounts = {"nvidia.com/gpu": case.get("gpus", 1)}
    if memory := case.get("memory"):
        amounts["memory"] = memory
    runner["resources"] = {"requests": amounts, "limits": amounts}
    return {
        "apiVersion": INFERENCE_SERVICE.api_version,
        "kind": INFERENCE_SERVICE.name,
        "metadata": {"name": name, "annotations": {"ome.io/ingress-disable-creation": "true"}},
        "spec": {
            "model": {"name": case.get("model", sample.MODEL)},
            "runtime": {"name": case.get("runtime", sample.RUNTIME)},
            "engine": {"minReplicas": 1, "maxReplicas": 1, "terminationGracePeriodSeconds": 1, "runner": runner},
        },
    }
