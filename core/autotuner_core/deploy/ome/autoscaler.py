"""Whether the cluster adds nodes by itself, as far as this user may see it: what no node holds may fit in a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autotuner_core.deploy.ome.fields import Object, items, part, text
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import CONFIG_MAP

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

STATUS, STATUS_NAMESPACE = "cluster-autoscaler-status", "kube-system"
"""The ConfigMap in which cluster-autoscaler says how it stands, that of cloud providers too."""
_IMAGES = ("cluster-autoscaler", "karpenter/")
_KARPENTER = "karpenter.sh/"


def adds_nodes(client: KubeClient, nodes: Sequence[Object], cluster_pods: Sequence[Object] | None) -> bool:
    """Whether there is an autoscaler of nodes: by the nodes that Karpenter made, the pod of one, or the status that one
    writes. False too where none of these may be read. `cluster_pods` are those of all namespaces, None where they are
    not known. Raises KubeError where the cluster does not answer."""
    if any(key.startswith(_KARPENTER) for node in nodes for key in part(node, "metadata", "labels")):
        return True
    if any(_is_autoscaler(pod) for pod in cluster_pods or ()):
        return True
    try:
        return client.get(CONFIG_MAP, STATUS, STATUS_NAMESPACE) is not None
    except KubeError as error:
        if error.status in (403, 404):
            return False
        raise


def _is_autoscaler(pod: Object) -> bool:
    images = [text(container, "image") for container in items(pod, "spec", "containers")]
    return any(word in image for image in images for word in _IMAGES)
