"""What keeps a pod off every node: said in numbers, at once where no node could ever hold it."""

from __future__ import annotations

import pytest

from autotuner_core.deploy.ome.diagnosis import diagnose, not_ready_in_time
from autotuner_core.failures import FailureCause as Cause
from recorded_service import asking, event, node
from shown_service import POD, failure, grace, pod, unscheduled, view

MODEL_LABEL = "models.ome.io/clusterbasemodel.llama"
NO_GPU = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available."


def test_what_no_node_could_ever_hold_is_waited_for() -> None:
    big = unscheduled(NO_GPU, containers=[asking(16)])
    found = failure(view(big))
    assert found.cause is Cause.DOES_NOT_FIT
    assert "needs 16 nvidia.com/gpu, largest node has 8 in all" in found.message


def test_nodes_that_the_pod_may_not_go_to_count_as_room() -> None:
    """The large node is tainted, the other lacks the label."""
    nodes = [
        node("large", 8, labels={"pool": "a"}, taints=[{"key": "team", "value": "b", "effect": "NoSchedule"}]),
        node("small", 2, labels={"pool": "a"}),
        node("other", 8, labels={"pool": "b"}),
    ]
    wanted = unscheduled("0/3", containers=[asking(4)], nodeSelector={"pool": "a"})
    found = failure(view(wanted, nodes=nodes))
    assert found.cause is Cause.DOES_NOT_FIT
    assert "largest node has 2 in all" in found.message
    tolerant = [{"key": "team", "operator": "Equal", "value": "b"}]
    assert diagnose(view(unscheduled("0/3", containers=[asking(4)], tolerations=tolerant), nodes=nodes)) is not None
    assert grace(view(unscheduled("0/3", containers=[asking(4)], tolerations=tolerant), nodes=nodes))
    other = [{"key": "team", "operator": "Equal", "value": "c"}, {"key": "pool", "operator": "Exists"}]
    refused = unscheduled("0/3", containers=[asking(4)], nodeSelector={"pool": "a"}, tolerations=other)
    assert failure(view(refused, nodes=nodes)).cause is Cause.DOES_NOT_FIT


@pytest.mark.parametrize("passing", ["node.kubernetes.io/not-ready", "cordoned"])
def test_a_node_that_is_closed_for_a_moment_makes_a_configuration_not_fit(passing: str) -> None:
    closed = (
        node(unschedulable=True) if passing == "cordoned" else node(taints=[{"key": passing, "effect": "NoSchedule"}])
    )
    assert "closed for now" in grace(view(unscheduled("0/1", containers=[asking(4)]), nodes=[closed])).message


def test_an_autoscaler_at_work_is_not_waited_for() -> None:
    big = unscheduled(NO_GPU, containers=[asking(16)])
    scaling = [event("Normal", "TriggeredScaleUp", f"Pod/{POD}", "pod triggered scale-up", 2, uid="uid-pod")]
    assert grace(view(big, events=scaling, at=500)).until is None
    assert grace(view(big, autoscaler=True)).until is not None
    assert failure(view(big, autoscaler=True, at=500)).cause is Cause.DOES_NOT_FIT
    refusing = [*scaling, event("Normal", "NotTriggerScaleUp", f"Pod/{POD}", "no node group", 3, uid="uid-pod")]
    assert failure(view(big, events=refusing, autoscaler=True)).cause is Cause.DOES_NOT_FIT


def test_a_model_that_is_on_no_node_is_told_as_a_lack_of_nodes() -> None:
    nodes = [node(labels={MODEL_LABEL: "Updating"}), node("node-2")]
    found = failure(view(unscheduled("0/2", nodeSelector={MODEL_LABEL: "Ready"}), nodes=nodes))
    assert found.cause is Cause.MODEL_UNAVAILABLE
    assert "node-1 says Updating" in found.message


def test_a_claim_that_does_not_exist_is_waited_for() -> None:
    found = failure(view(unscheduled('persistentvolumeclaim "models" not found')))
    assert found.cause is Cause.UNSCHEDULABLE and not found.retry
    assert "claim models" in found.message


def test_what_is_missing_is_not_told_where_nodes_may_not_be_read() -> None:
    blind = view(unscheduled(NO_GPU, containers=[asking(4)]), nodes=None, cluster_pods=None)
    assert "needs 4 nvidia.com/gpu; 1 Insufficient nvidia.com/gpu" in grace(blind).message
    late = failure(view(unscheduled(NO_GPU, containers=[asking(4)]), nodes=None, cluster_pods=None, at=61))
    assert late.cause is Cause.UNSCHEDULABLE and "may not be read" in late.cure


def test_a_pod_in_a_queue_is_held_against_its_configuration() -> None:
    gated = pod(
        conditions={"PodScheduled": ("False", "SchedulingGated", "")},
        spec={"nodeName": None, "schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]},
    )
    assert grace(view(gated, at=500)).until is None
    assert not_ready_in_time(view(gated, at=600), 600).cause is Cause.UNSCHEDULABLE
