"""The stand-in of OME's controller against recordings of the real one, both versions: the same objects, the same
conditions in the same order, the same events. A stand-in that is kinder than OME would hide what users meet.

Not replayed: cases about BenchmarkJobs, which it leaves alone, and those with OME's webhooks on. Of the events about an
InferenceService those are left out that the real one writes by chance (conflicts of its own updates).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    INFERENCE_SERVICE,
    SERVICE,
    Kind,
)
from autotuner_core.kube.watch import Informer
from cluster import engines as sample
from cluster.cluster import Cluster
from waiting import wait_for

RECORDINGS = [parent / "shared" / "ome" for parent in Path(__file__).resolve().parents]
BY_CHANCE = ("InternalError", "UpdateFailed")
WATCHED = (INFERENCE_SERVICE, SERVICE, CONFIG_MAP, DEPLOYMENT, EVENT)
GONE = 1000

Object = dict[str, Any]
Conditions = dict[str, tuple[str | None, str | None, str | None]]

CASES: dict[str, Object] = {
    "isvc-healthy-then-bj-then-delete": {},
    "isvc-crash": {"args": ["--crash"]},
    "isvc-oomkilled": {"args": ["--eat-memory"], "memory": "64Mi"},
    "isvc-image-missing": {"image": "test.local/no-such:1"},
    "isvc-never-ready": {"args": ["--never-ready"]},
    "isvc-unschedulable": {"gpus": GONE},
    "isvc-runtime-missing": {"runtime": "no-such-runtime"},
    "isvc-model-missing": {"model": "no-such-model"},
}


def recording(version: str, case: str) -> list[Object]:
    for folder in RECORDINGS:
        if (path := folder / f"recordings-{version}.json").exists():
            return [line for line in json.loads(path.read_text()) if line["case"] == case]
    pytest.skip("the recordings of the real OME are not beside this checkout (shared/ome)")


def conditions_of(lines: list[Object]) -> list[Conditions]:
    """The service's conditions, each time that they changed."""
    now: Conditions = {}
    seen: list[Conditions] = []
    for line in lines:
        changed = (line.get("changed") or {}).get("conditions") if line["kind"] == "InferenceService" else None
        if changed:
            now = {**now, **{kind: (c[0], c[1], c[2]) for kind, c in changed.items()}}
            seen.append(now)
    return seen


def services_of(lines: list[Object]) -> dict[str, tuple[Any, ...]]:
    return {
        line["name"]: (*line["new"]["ports"][0], line["new"]["selector"])
        for line in lines
        if line["kind"] == "Service" and "new" in line
    }


def events_of(lines: list[Object]) -> set[tuple[str, str, str]]:
    about = [line for line in lines if line["kind"] == "Event" and line["on"].startswith("InferenceService/")]
    return {(line["type"], line["reason"], line["message"]) for line in about if line["reason"] not in BY_CHANCE}


class Seen:
    """What happens in a namespace, in the words of the recordings."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.conditions: list[Conditions] = []
        self.objects: dict[tuple[str, str], Object] = {}

    def take(self, change: str, body: Object) -> None:
        if change == "DELETED":
            return
        self.objects[body["kind"], body["metadata"]["name"]] = body
        if body["kind"] == INFERENCE_SERVICE.name and (said := (body.get("status") or {}).get("conditions")):
            now = {c["type"]: (c["status"], c.get("reason"), c.get("message")) for c in said}
            if not self.conditions or self.conditions[-1] != now:
                self.conditions.append(now)

    def of(self, kind: Kind) -> dict[str, Object]:
        return {self.plain(name): body for (of, name), body in self.objects.items() if of == kind.name}

    def plain(self, text: str) -> str:
        return text.replace(self.name, "ISVC")


def service(case: Object, name: str) -> Object:
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


@contextmanager
def watched(cluster: Cluster, namespace: str, seen: Seen) -> Iterator[KubeClient]:
    client = KubeClient.connect(Access(cluster.kubeconfig))
    informers = [Informer(client, kind, namespace, on_change=_with_kind(kind, seen)) for kind in WATCHED]
    for informer in informers:
        informer.start()
    try:
        for informer in informers:
            wait_for(informer.synced.is_set, 30, what=f"{informer.kind.name}s")
        yield client
    finally:
        for informer in informers:
            informer.stop()


def _with_kind(kind: Kind, seen: Seen) -> Any:
    return lambda change, body: seen.take(change, {**body, "kind": kind.name})


@pytest.mark.parametrize("case", CASES)
def test_the_stand_in_does_what_the_real_controller_was_seen_to_do(
    cluster: Cluster, engines: None, either_ome: str, namespace: str, case: str
) -> None:
    lines = recording(either_ome, case)
    if not lines:
        lines = recording("1.2.2", case)  # what 0.1.3 says of a runtime that is missing was not recorded
    first = next((n for n, line in enumerate(lines) if "bj created" in str(line.get("note"))), len(lines))
    lines = lines[:first]
    name = "one"
    seen = Seen(name)
    with watched(cluster, namespace, seen) as client:
        made = client.create(INFERENCE_SERVICE, service(CASES[case], name), namespace)
        expected = conditions_of(lines)
        missing = events_of(lines)
        wait_for(lambda: not expected or seen.conditions[-1:] == expected[-1:], 60, what=f"{expected[-1:]}")
        wait_for(lambda: not missing or missing <= written(seen), 60, what=f"{missing}")
        wait_for(lambda: taken_in_hand(client, namespace, name), 30, what="the finalizer, by a change of the spec")
        uid = made["metadata"]["uid"]
        client.delete(INFERENCE_SERVICE, name, namespace, propagation="Background")
        wait_for(lambda: client.get(INFERENCE_SERVICE, name, namespace) is None, 30, what="its end")
    known = conditions_of(recording(either_ome, "isvc-healthy-then-bj-then-delete"))
    assert seen.conditions == [step for step in known if step in seen.conditions], "conditions in another order"
    recorded = services_of(lines)
    found = {
        plain: (port["name"], port["port"], port["targetPort"], plain_selector(seen, body["spec"]["selector"]))
        for plain, body in seen.of(SERVICE).items()
        for port in body["spec"]["ports"]
    }
    assert found == recorded
    assert written(seen) == missing
    children = [seen.of(kind) for kind in (SERVICE, DEPLOYMENT)]
    owners = [o for child in children for body in child.values() for o in body["metadata"]["ownerReferences"]]
    assert all(o["uid"] == uid and o["controller"] for o in owners)


def taken_in_hand(client: KubeClient, namespace: str, name: str) -> bool:
    now = client.get(INFERENCE_SERVICE, name, namespace) or {"metadata": {}}
    about = now["metadata"]
    return about.get("generation") == 2 and "inferenceservice.finalizers" in about.get("finalizers", ())


def written(seen: Seen) -> set[tuple[str, str, str]]:
    """The events about the service, those by chance left out."""
    about = [e for e in seen.of(EVENT).values() if e["involvedObject"]["kind"] == INFERENCE_SERVICE.name]
    namespaces = re.compile(r"in namespace \S+")
    return {
        (e["type"], e["reason"], namespaces.sub("in namespace autotuner", seen.plain(e["message"])))
        for e in about
        if e["reason"] not in BY_CHANCE
    }


def plain_selector(seen: Seen, selector: dict[str, str]) -> dict[str, str]:
    return {key: seen.plain(value) for key, value in selector.items()}


def test_the_engines_pod_is_made_as_the_real_controller_makes_it(
    cluster: Cluster, engines: None, either_ome: str, namespace: str
) -> None:
    lines = recording(either_ome, "isvc-healthy-then-bj-then-delete")
    real = next(line for line in lines if line["kind"] == "Deployment" and "new" in line)
    seen = Seen("one")
    with watched(cluster, namespace, seen) as client:
        client.create(INFERENCE_SERVICE, service({}, "one"), namespace)
        wait_for(lambda: "ISVC-engine" in seen.of(DEPLOYMENT), 30, what="a Deployment")
    ours = seen.of(DEPLOYMENT)["ISVC-engine"]
    kept = {"replicas", "strategy", "progressDeadlineSeconds", "revisionHistoryLimit"}
    assert {key: ours["spec"][key] for key in kept} == {key: real["spec"][key] for key in kept}
    theirs, pod = real["spec"]["template"], ours["spec"]["template"]
    assert set(theirs["metadata"]["labels"]) - {"autotuner.io/task"} == set(pod["metadata"]["labels"])
    assert set(theirs["metadata"]["annotations"]) == set(pod["metadata"]["annotations"])
    container, real_container = pod["spec"]["containers"][0], theirs["spec"]["containers"][0]
    assert {e["name"] for e in real_container["env"]} <= {e["name"] for e in container["env"]}
    assert container["name"] == real_container["name"] and container["args"][:1] == ["--host=0.0.0.0"]
    label = f"models.ome.io/clusterbasemodel.{sample.MODEL}"
    assert pod["spec"]["nodeSelector"][label] == theirs["spec"]["nodeSelector"][label] == "Ready"
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert sample.MODEL in mounted and sample.MODEL in {m["name"] for m in real_container["volumeMounts"]}
