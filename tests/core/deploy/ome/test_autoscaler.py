"""An autoscaler of nodes is known by what it leaves where this user may look."""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.deploy.ome.autoscaler import STATUS, STATUS_NAMESPACE, adds_nodes
from autotuner_core.kube.errors import KubeError
from recorded_service import node


class Cluster:
    """Answers for the one object that is asked for."""

    def __init__(self, answer: dict[str, Any] | KubeError | None) -> None:
        self.answer = answer

    def get(self, kind: Any, name: str, namespace: str) -> dict[str, Any] | None:
        assert (kind.name, name, namespace) == ("ConfigMap", STATUS, STATUS_NAMESPACE)
        if isinstance(self.answer, KubeError):
            raise self.answer
        return self.answer


def running(image: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"image": image}]}}


def grows(answer: dict[str, Any] | KubeError | None, labels: dict[str, str], *images: str) -> bool:
    client: Any = Cluster(answer)
    return adds_nodes(client, [node(labels=labels)], [running(image) for image in images])


FORBIDDEN = KubeError(403, "Forbidden", "no right")


@pytest.mark.parametrize(
    ("answer", "labels", "images"),
    [
        ({"data": {"status": "running"}}, {}, ()),
        (FORBIDDEN, {"karpenter.sh/nodepool": "gpu"}, ()),
        (FORBIDDEN, {}, ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.0",)),
        (FORBIDDEN, {}, ("public.ecr.aws/karpenter/controller:1.8.0",)),
    ],
)
def test_an_autoscaler_is_overlooked(answer: Any, labels: dict[str, str], images: tuple[str, ...]) -> None:
    assert grows(answer, labels, *images)


@pytest.mark.parametrize("answer", [None, FORBIDDEN])
def test_a_cluster_of_fixed_size_is_waited_for(answer: KubeError | None) -> None:
    assert not grows(answer, {"pool": "a"}, "registry/vllm:1")
