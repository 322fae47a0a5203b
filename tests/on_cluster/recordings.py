"""Recordings of the real OME (shared/ome/recordings-VERSION.json): one change of one object a line, names normalised
(ISVC, BJ, MODEL_PATH, ...). And what a namespace of the test cluster shows, in the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autotuner_core.kube.kinds import INFERENCE_SERVICE, Kind
from cluster.places import ome_folder

Object = dict[str, Any]
RECORDED_IN = "autotuner"  # the namespace

# Conflicts of its own updates, and a Service that its cache has not seen yet: the real one writes them by chance.
BY_CHANCE = ("InternalError", "UpdateFailed", "StatusUpdateFailed")
OF_SERVICES = ("conditions", "url", "address", "components", "observedGeneration", "modelStatus")


def recording(version: str, case: str) -> list[Object]:
    """The lines of a case. Skips the test where the recordings are not beside this checkout."""
    lines = [line for line in _recording(version) if line["case"] == case]
    assert lines, f"{case} was not recorded of {version}"
    return lines


def was_recorded(version: str, case: str) -> bool:
    """Whether there are lines of a case."""
    return any(line["case"] == case for line in _recording(version))


def _recording(version: str) -> list[Object]:
    folder = ome_folder()
    path = folder / f"recordings-{version}.json" if folder else None
    if path is None or not path.exists():
        pytest.skip("the recordings of the real OME are not beside this checkout (shared/ome)")
    found: list[Object] = json.loads(path.read_text())
    return found


def service_steps(lines: list[Object]) -> list[Object]:
    """The status of the InferenceService, each time that it changed."""
    steps: list[Object] = []
    for line in lines:
        changed = line.get("changed") or {}
        if line["kind"] == INFERENCE_SERVICE.name and changed.keys() & set(OF_SERVICES):
            before = steps[-1] if steps else {}
            conditions = {**before.get("conditions", {}), **changed.get("conditions", {})}
            now = {**before, **{key: changed[key] for key in OF_SERVICES if key in changed}, "conditions": conditions}
            steps.append(now)
    return without_chance(steps)


def without_chance(steps: list[Object]) -> list[Object]:
    """The steps without what depends on how soon the first pod is there: what the model's status says before the model
    is loaded, and of how many pods it knows then."""
    plain: list[Object] = []
    for step in steps:
        about = step.get("modelStatus") or {}
        loaded = about.get("transitionStatus") == "UpToDate"
        kept = {**about, "modelCopies": {**about["modelCopies"], "totalCopies": 1}} if loaded else {}
        now = {**step, "modelStatus": kept}
        if not plain or plain[-1] != now:
            plain.append(now)
    return plain


def in_order(some: list[Object], all_of: list[Object]) -> bool:
    """Whether the one is the other, with some steps left out."""
    rest = iter(all_of)
    return all(any(step == other for other in rest) for step in some)


def events_of(lines: list[Object], kind: Kind) -> set[tuple[str, str, str]]:
    """Type, reason and message of the events about objects of a kind, those by chance left out."""
    about = [line for line in lines if line["kind"] == "Event" and line["on"].startswith(f"{kind.name}/")]
    return {(line["type"], line["reason"], line["message"]) for line in about if line["reason"] not in BY_CHANCE}


def fields(body: Object) -> Object:
    """What is to be the same; what Kubernetes adds by its version or by chance is not."""
    about = body.get("metadata") or body
    spec = json.loads(json.dumps(body["spec"] if "spec" in body else body["data"]))
    for key in ("clusterIP", "clusterIPs"):
        if key in spec:
            spec[key] = "IP"
    if "template" in spec:
        for part in (spec.get("selector", {}).get("matchLabels", {}), spec["template"]["metadata"].get("labels", {})):
            part.update({key: "UID" for key in part if key.endswith("controller-uid")})
        spec["template"]["metadata"].pop("creationTimestamp", None)
    labels = {key: value for key, value in (about.get("labels") or {}).items() if "job-name" not in key}
    labels = {key: value for key, value in labels.items() if not key.endswith("controller-uid")}
    notes = {key: value for key, value in (about.get("annotations") or {}).items() if "kubernetes.io" not in key}
    return {"labels": labels, "annotations": notes, "spec": spec}
