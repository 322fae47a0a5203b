"""What is seen of a service is told once, and of the right service: not of an earlier one of the same name, nor of a
neighbour whose name begins alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.adoption import same_and_up
from autotuner_core.deploy.ome.watch.hardware_record import HardwareRecord
from autotuner_core.deploy.ome.watch.seen import Seen
from autotuner_core.deploy.ome.watch.story import Story
from autotuner_core.deploy.ome.watch.watching import name_of
from autotuner_core.run import events as ev
from recorded_service import event, stamp
from recordings import Kept
from shown_service import pod, service
from tests.core.deploy.ome.conftest import rendered

RUNNING = {"running": {"startedAt": stamp(2)}}
READY = {"Ready": ("True", "", "")}
ORDER = DeployOrder(1, 1, {}, Path())


class Nodes:
    """A cluster in which nodes can be read."""

    def __init__(self, **labels: dict[str, str]) -> None:
        self.labels, self.asked = labels, 0

    def get(self, kind: Any, name: str) -> dict[str, Any]:
        self.asked += 1
        return {"metadata": {"name": name, "labels": self.labels[name]}}


def on(name: str, image: str = "sha256:one") -> dict[str, Any]:
    """The engine's pod on a node."""
    body = pod(RUNNING, spec={"nodeName": name})
    body["status"]["containerStatuses"][0]["imageID"] = image
    return body


def test_objects_are_told_apart_by_the_whole_name_of_their_service() -> None:
    known = ("tune-exp1", "tune-exp10")
    assert name_of("Pod", {"metadata": {"name": "tune-exp10-engine-7d9f-x"}}, known) == "tune-exp10"
    about = {"metadata": {"name": "x.17"}, "involvedObject": {"name": "tune-exp1-engine"}}
    assert name_of("Event", about, known) == "tune-exp1"
    assert name_of("Pod", {"metadata": {"name": "tune-exp2-engine-1"}}, known) is None


def test_what_belongs_to_an_earlier_service_of_the_same_name_is_passed_over() -> None:
    told: list[str] = []
    seen = Seen("ISVC", lambda kind, change, body: told.append(f"{kind} {body['metadata']['name']}"))
    seen.take("Pod", "ADDED", pod(RUNNING))
    assert seen.pods == [] and seen.version == 0, "it is not known yet which service this is"
    seen.begin(service(), {"uid-old"})
    seen.take("Pod", "ADDED", pod(RUNNING, uid="uid-old"))
    seen.take("Event", "ADDED", event("Warning", "BackOff", "Pod/p", "old", -60))
    assert told == []
    seen.take("Pod", "ADDED", pod(RUNNING))
    seen.take("InferenceService", "DELETED", service())
    assert len(seen.pods) == 1 and seen.deleted and not seen.is_gone
    seen.take("Pod", "DELETED", pod(RUNNING))
    assert seen.is_gone


def test_a_pod_is_told_when_it_changes_and_a_back_off_each_time_it_has_doubled() -> None:
    record = Kept()
    story = Story(record, ORDER, "ISVC", "ab12")
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}
    for body in (pod(waiting), pod(waiting), pod(RUNNING, status={"phase": "Running"})):
        story.changed("Pod", "MODIFIED", body)
    seen = [(e.phase, e.reason, e.node) for e in record.events if isinstance(e, ev.WorkloadObserved)]
    assert seen == [("Pending", "ImagePullBackOff: Back-off pulling", "node-1"), ("Running", "", "node-1")]
    for count in (1, 1, 2, 3, 4, 5, 8):
        again = event("Warning", "BackOff", "Pod/p", "again", 3)
        story.changed("Event", "MODIFIED", {**again, "count": count, "metadata": {"name": "e", "uid": "u"}})
    assert [e.count for e in record.events if isinstance(e, ev.ClusterEventSeen)] == [1, 2, 4, 8]


def test_it_is_told_when_a_pod_begins_and_ceases_to_serve() -> None:
    record = Kept()
    story = Story(record, ORDER, "ISVC", "ab12")
    for body in (pod(RUNNING), pod(RUNNING, conditions=READY), pod(RUNNING, conditions=READY), pod(RUNNING)):
        story.changed("Pod", "MODIFIED", body)
    story.changed("Pod", "DELETED", pod(RUNNING, conditions=READY))
    seen = [(e.phase, e.ready) for e in record.events if isinstance(e, ev.WorkloadObserved)]
    assert [ready for _, ready in seen] == [False, True, False, False] and seen[-1][0] == "Deleted"


def test_hardware_that_differs_is_told_and_another_node_of_the_same_pool_is_not() -> None:
    h100 = {"nvidia.com/gpu.product": "H100", "nvidia.com/cuda.driver.major": "550", "agentpool": "big"}
    record, nodes = Kept(), Nodes(n1=h100, n2=h100, n3={**h100, "nvidia.com/gpu.product": "A100"})
    hardware = HardwareRecord(nodes, record)  # type: ignore[arg-type]
    for name in ("n1", "n1", "n2"):
        hardware.saw(ORDER, on(name))
    assert nodes.asked == 2, "a node is read once"
    assert not [e for e in record.events if isinstance(e, ev.RunNote)]
    hardware.saw(ORDER, on("n3", image="sha256:two"))
    (note,) = [e for e in record.events if isinstance(e, ev.RunNote)]
    assert note.code == "hardware_differs"
    assert "GPU A100 instead of H100" in note.text and "image sha256:two" in note.text
    first = record.events[0]
    assert isinstance(first, ev.HardwareSeen)
    assert (first.gpu_product, first.driver, first.pool) == ("H100", "550", "big")


def test_a_service_is_adopted_only_where_it_is_the_very_one_and_up() -> None:
    manifest = rendered()
    up = {
        "metadata": {**manifest.body["metadata"], "uid": "u", "generation": 2},
        "spec": {**manifest.body["spec"], "added_by_a_webhook": True},
        "status": {"conditions": [{"type": "EngineReady", "status": "True"}]},
    }
    ready = pod(RUNNING, conditions=READY)
    assert same_and_up(manifest, up, [ready])
    assert not same_and_up(rendered({"tp_size": 1, "mem_frac": 0.9}), up, [ready]), "another configuration"
    assert not same_and_up(manifest, up, []), "no pod"
    assert not same_and_up(manifest, up, [ready, ready]), "two pods"
    assert not same_and_up(manifest, up, [pod(RUNNING, conditions=READY, restarts=1)]), "restarted"
    assert not same_and_up(manifest, {**up, "status": {}}, [ready]), "not ready"
    going = {**up, "metadata": {**up["metadata"], "deletionTimestamp": stamp(9)}}
    assert not same_and_up(manifest, going, [ready]), "being removed"
