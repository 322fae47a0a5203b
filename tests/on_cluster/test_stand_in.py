"""The stand-in of OME's controller against recordings of the real one, both versions: the same steps of a service's
status in the same order, the same Services, the same events. A stand-in kinder than OME would hide what users meet.

Not replayed here: isvc-crash-long, which is isvc-crash for 105 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import CONFIG_MAP, DEPLOYMENT, EVENT, INFERENCE_SERVICE, POD, SERVICE
from cluster.cluster import Cluster
from on_cluster.recordings import events_of, in_order, recording, service_steps, was_recorded
from on_cluster.replayed import HEALTHY, NAME, service
from on_cluster.seen import Seen, watched
from waiting import wait_for

WATCHED = (INFERENCE_SERVICE, SERVICE, CONFIG_MAP, DEPLOYMENT, EVENT)
GONE = 1000

Object = dict[str, Any]

CASES: dict[str, Object] = {
    HEALTHY: {},
    "isvc-crash": {"args": ["--crash"]},
    "isvc-oomkilled": {"args": ["--eat-memory"], "memory": "64Mi"},
    "isvc-image-missing": {"image": "test.local/no-such:1"},
    "isvc-never-ready": {"args": ["--never-ready"]},
    "isvc-unschedulable": {"gpus": GONE},
    "isvc-runtime-missing": {"runtime": "no-such-runtime"},
    "isvc-model-missing": {"model": "no-such-model"},
}


@pytest.mark.parametrize("case", CASES)
def test_the_stand_in_does_what_the_real_controller_was_seen_to_do(
    cluster: Cluster, engines: None, either_ome: str, namespace: str, case: str
) -> None:
    # what 0.1.3 does without a runtime or a model was not recorded
    lines = recording(either_ome if was_recorded(either_ome, case) else "1.2.2", case)
    first = next((n for n, line in enumerate(lines) if "bj created" in str(line.get("note"))), len(lines))
    lines = lines[:first]
    seen = Seen(namespace, ISVC=NAME)
    with watched(cluster, seen, *WATCHED) as client:
        client.create(INFERENCE_SERVICE, service(CASES[case]), namespace)
        steps, told = service_steps(lines), events_of(lines, INFERENCE_SERVICE)
        wait_for(lambda: not steps or seen.service_steps()[-1:] == steps[-1:], 60, what=f"{steps[-1:]}")
        wait_for(lambda: told <= seen.events(INFERENCE_SERVICE), 60, what=f"{told}")
        wait_for(lambda: taken_in_hand(client, namespace), 30, what="the finalizer, by a change of the spec")
        if case == "isvc-crash":
            wait_for(lambda: "CrashLoopBackOff" in waiting(client, namespace), 60, what="CrashLoopBackOff")
        client.delete(INFERENCE_SERVICE, NAME, namespace, propagation="Background")
        wait_for(lambda: client.get(INFERENCE_SERVICE, NAME, namespace) is None, 30, what="its end")
    known = service_steps(recording(either_ome, HEALTHY))
    ours = seen.service_steps()
    assert in_order(without_model(steps), without_model(ours)), "steps of the real one are missing, or in another order"
    assert in_order(without_model(ours), without_model(known)), "steps that the real one does not take"
    assert all(of_model in models_in(known) for of_model in models_in(ours))
    recorded = {
        line["name"]: (*line["new"]["ports"][0], line["new"]["selector"])
        for line in lines
        if line["kind"] == "Service" and "new" in line
    }
    found = {
        plain: (port["name"], port["port"], port["targetPort"], body["spec"]["selector"])
        for plain, body in seen.of(SERVICE).items()
        for port in body["spec"]["ports"]
    }
    assert found == recorded
    assert seen.events(INFERENCE_SERVICE) == told


def without_model(steps: list[Object]) -> list[Object]:
    """The steps but for what they say of the model, which is told with the next step where the pod was quick."""
    plain = [{key: said for key, said in step.items() if key != "modelStatus"} for step in steps]
    return [step for n, step in enumerate(plain) if n == 0 or plain[n - 1] != step]


def models_in(steps: list[Object]) -> list[object]:
    """What they say of the model."""
    return [step.get("modelStatus") for step in steps]


def taken_in_hand(client: KubeClient, namespace: str) -> bool:
    now = client.get(INFERENCE_SERVICE, NAME, namespace) or {"metadata": {}}
    about = now["metadata"]
    return about.get("generation") == 2 and "inferenceservice.finalizers" in about.get("finalizers", ())


def waiting(client: KubeClient, namespace: str) -> list[str]:
    """What the containers of a namespace's pods wait for."""
    pods, _ = client.list(POD, namespace)
    containers = [container for pod in pods for container in pod["status"].get("containerStatuses", ())]
    return [container["state"].get("waiting", {}).get("reason", "") for container in containers]


def test_the_status_goes_back_when_the_engines_pod_is_lost(
    cluster: Cluster, engines: None, either_ome: str, namespace: str
) -> None:
    seen = Seen(namespace, ISVC=NAME)
    with watched(cluster, seen, INFERENCE_SERVICE) as client:
        client.create(INFERENCE_SERVICE, service({"runtime": "misbehaving-rt"}), namespace)
        wait_for(lambda: "True" in seen.states("EngineReady")[-1:], 60, what="EngineReady")
        (pod,), _ = client.list(POD, namespace)
        client.delete(POD, pod["metadata"]["name"], namespace, grace=1)
        wait_for(lambda: seen.states("EngineReady") == ["False", "True", "False", "True"], 60, what="its way back")
    initializing = ["False", "Initializing", "engine component initializing"]
    conditions = [step["conditions"] for step in seen.service_steps()]
    ready = next(n for n, said in enumerate(conditions) if said.get("EngineReady", initializing)[0] == "True")
    lost = [said for said in conditions[ready:] if said["EngineReady"] == initializing]
    told = ["True", None, None] if either_ome == "0.1.3" else initializing
    assert lost and all(said["Ready"] == told for said in lost)
