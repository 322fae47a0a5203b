"""What the controller does with an InferenceService that no webhook has looked at: the stand-in against the real 1.2.2
as recorded, six seconds after each was created.

Not replayed: why each runtime was not taken (rt-none), which depends on what runtimes there are. `mode-omen` is sent as
an annotation, its field being newer than the CRDs here.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from autotuner_core.deploy.local.tiny_model import model_file
from autotuner_core.kube.kinds import DEPLOYMENT, EVENT, INFERENCE_SERVICE, Kind
from cluster import engines as sample
from cluster.cluster import Cluster
from cluster.settings import OME_VERSIONS
from on_cluster.recordings import BY_CHANCE, recording
from on_cluster.seen import Seen, watched
from on_cluster.sent import annotated, engine, laid_over, service
from on_cluster.test_stand_in_webhooks import catalog
from waiting import wait_for

Object = dict[str, Any]
AUTOSCALER = Kind("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
NAME = "looked-at"
LONGEST = 300  # the recording ends an event's text here
TWICE = [{"name": "again", "mountPath": "MODEL_FOLDER"}]  # OME mounts it too
EMPTY = [{"name": "again", "emptyDir": {}}]

CASES: dict[str, Object] = {
    "rt-disabled": {"spec": {"runtime": {"name": "disabled-rt"}}},
    "rt-mismatch": {"spec": {"runtime": {"name": "other-rt"}}},
    "rt-noformat": {"spec": {"runtime": {"name": "noformat-rt"}}},
    "rt-none": {"spec": {"runtime": None}},
    "mod-disabled": {"spec": {"model": {"name": "disabled-model"}}},
    "mod-none": {"spec": {"model": None}},
    "eng-none": {"spec": {"engine": None}},
    "mode-bogus": annotated(deploymentMode="Bogus"),
    "mode-slss": annotated(deploymentMode="Serverless"),
    "min-max": engine(minReplicas=None, maxReplicas=None),
    "dup-mount": engine(volumes=EMPTY, runner={"name": "ome-container", "volumeMounts": TWICE}),
    "adl-eng": engine(activeDeadlineSeconds=60),
    "mode-omen": annotated(deploymentMode="OMENative"),
}


@pytest.fixture
def newer_ome(cluster: Cluster, engines: None) -> Iterator[None]:
    """OME 1.2.2 without webhooks, and the recordings' models and runtimes."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": catalog()})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)
    cluster.ome_version("1.2.2")
    yield
    cluster.ome_version(OME_VERSIONS[0])
    cluster.kubectl("delete", "--ignore-not-found", "-f", "-", input=text)


def expected(line: Object) -> tuple[Object, list[Any], list[Any], list[str]]:
    """Conditions, Deployments, autoscalers and events of a recorded result."""
    found = re.fullmatch(r"(.*) deploy (.*) pods \d+ hpa (.*)", line["after6s"])
    assert found
    conditions, deployments, autoscalers = found.groups()
    told = [re.sub(r" x \d+$", "", event) for event in line["events"]]
    told = [event for event in told if event.split()[1] not in BY_CHANCE]
    return ast.literal_eval(conditions), ast.literal_eval(deployments), ast.literal_eval(autoscalers), told


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_right_is_told_as_the_real_controller_tells_it(
    cluster: Cluster, newer_ome: None, namespace: str, case: str
) -> None:
    line = next(line for line in recording("1.2.2", "webhooks-off-controller") if line["sent"] == case)
    conditions, deployments, autoscalers, told = expected(line)
    seen = Seen(namespace, ISVC=NAME)
    good = service(namespace, sample.MODEL, "misbehaving-rt")
    sent = laid_over(laid_over(good, CASES[case]), {"metadata": {"name": NAME}})
    sent = json.loads(json.dumps(sent).replace("MODEL_FOLDER", str(model_file().parent)))
    with watched(cluster, seen, INFERENCE_SERVICE, DEPLOYMENT, EVENT, AUTOSCALER) as client:
        client.create(INFERENCE_SERVICE, sent, namespace)
        client.create(INFERENCE_SERVICE, laid_over(good, {"metadata": {"name": "next"}}), namespace)
        wait_for(lambda: agree(ours(seen), conditions), 60, what=f"{conditions}")
        wait_for(lambda: all(any(alike(e, event) for e in events(seen)) for event in told), 60, what=f"{told}")
        wait_for(lambda: "next-engine" in seen.of(AUTOSCALER), 60, what="its turn to be over")
    made = [(name, body["spec"]["replicas"]) for name, body in seen.of(DEPLOYMENT).items() if name != "next-engine"]
    scaled = [body["spec"] for name, body in seen.of(AUTOSCALER).items() if name != "next-engine"]
    assert made == deployments
    assert [(spec["minReplicas"], spec["maxReplicas"]) for spec in scaled] == autoscalers
    assert {event.split()[1] for event in events(seen)} == {event.split()[1] for event in told}


def ours(seen: Seen) -> Object:
    """The conditions now, as the recording writes them."""
    steps = seen.steps.get((INFERENCE_SERVICE.name, "ISVC"), [])
    said = steps[-1].get("conditions", {}) if steps else {}
    return {kind: (status, reason, message or "") for kind, (status, reason, message) in said.items()}


def agree(said: Object, recorded: Object) -> bool:
    """Whether conditions are the same, as far as the recording kept their texts and runtimes are the same."""
    same = said.keys() == recorded.keys() and all(said[kind][:2] == recorded[kind][:2] for kind in said)
    return same and all(kept(said[kind][2]) == kept(recorded[kind][2]) for kind in said)


def events(seen: Seen) -> list[str]:
    """Type, reason and message of those about the one that is looked at."""
    about = [e for e in seen.of(EVENT).values() if e["involvedObject"]["name"] == "ISVC"]
    told = [e for e in about if e["involvedObject"]["kind"] == INFERENCE_SERVICE.name and e["reason"] not in BY_CHANCE]
    return [f"{e['type']} {e['reason']} {e['message']}" for e in told]


def alike(event: str, recorded: str) -> bool:
    """Whether an event is the recorded one, as far as that was kept."""
    return kept(event) == kept(recorded) or (len(recorded) == LONGEST and event.startswith(recorded))


def kept(text: str) -> str:
    """Without how many runtimes there are and why each was not taken; the other architecture is another one here."""
    return re.split(r"Checked \d+ runtimes|architecture mismatch", text)[0]
