"""What an attempt's server runs on. Hardware that differs between experiments makes their figures incomparable."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.watch import pods
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import NODE
from autotuner_core.run.events import HardwareSeen, RunNote
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

POOL = (
    "cloud.google.com/gke-nodepool", "eks.amazonaws.com/nodegroup", "kubernetes.azure.com/agentpool", "agentpool",
    "karpenter.sh/nodepool", "doks.digitalocean.com/node-pool", "oci.oraclecloud.com/node-pool", "node-pool",
    "node.kubernetes.io/instance-type",
)  # fmt: skip
"""Labels by which providers and autoscalers name a node's pool; the machine's type where there is none."""
GPU_PRODUCT = ("nvidia.com/gpu.product", "amd.com/gpu.product-name", "gpu.intel.com/product")
DRIVER = ("nvidia.com/cuda.driver-version.full", "nvidia.com/gpu.driver-version", "amd.com/gpu.driver-version")
_CUDA_PARTS = ("nvidia.com/cuda.driver.major", "nvidia.com/cuda.driver.minor", "nvidia.com/cuda.driver.rev")
_COMPARED = {"pool": "node pool", "gpu_product": "GPU", "driver": "driver", "image": "image"}


class HardwareRecord:
    """Of all attempts of a run. Nodes are read once; where they may not be read, that is said once."""

    def __init__(self, client: KubeClient, recorder: Recorder, first: HardwareSeen | None = None) -> None:
        self._client, self._recorder = client, recorder
        self._lock = threading.Lock()
        self._labels: dict[str, Mapping[str, Any]] = {}
        self._first = first
        self._unreadable_told = False

    def saw(self, order: DeployOrder, pod: Mapping[str, Any]) -> None:
        """The pod of an attempt runs. Raises JournalWriteError."""
        node = pods.node(pod)
        labels = self._labels_of(node)
        seen = HardwareSeen(
            experiment=order.experiment, attempt=order.attempt, node=node, pool=_first_of(labels, POOL),
            gpu_product=_first_of(labels, GPU_PRODUCT), driver=_driver(labels), image=pods.image(pod),
        )  # fmt: skip
        self._recorder.record(seen)
        with self._lock:
            first = self._first = self._first or seen
        if differences := _differences(first, seen):
            text = (
                f"experiment {seen.experiment} runs on other hardware than experiment {first.experiment}: "
                f"{differences}. Their figures are not comparable; kubernetes.node_selector keeps to one kind of node"
            )
            note = RunNote(text=text, level="warning", code="hardware_differs", experiment=seen.experiment)
            self._recorder.record(note)

    def _labels_of(self, node: str) -> Mapping[str, Any]:
        if node in self._labels:
            return self._labels[node]
        try:
            body = self._client.get(NODE, node)
        except KubeError as error:
            self._tell_unreadable(error)
            return {}
        self._labels[node] = (body or {}).get("metadata", {}).get("labels") or {}
        return self._labels[node]

    def _tell_unreadable(self, error: KubeError) -> None:
        if not self._unreadable_told:
            self._unreadable_told = True
            text = f"which hardware an experiment runs on cannot be told: nodes may not be read ({error})"
            self._recorder.record(RunNote(text=text, code="hardware_unknown"))


def _differences(first: HardwareSeen, seen: HardwareSeen) -> str:
    pairs = [(words, getattr(first, name), getattr(seen, name)) for name, words in _COMPARED.items()]
    return ", ".join(f"{words} {now} instead of {then}" for words, then, now in pairs if then and now and then != now)


def _first_of(labels: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(labels[name]) for name in names if labels.get(name)), "")


def _driver(labels: Mapping[str, Any]) -> str:
    parts = [str(labels[name]) for name in _CUDA_PARTS if labels.get(name)]
    return _first_of(labels, DRIVER) or ".".join(parts)
