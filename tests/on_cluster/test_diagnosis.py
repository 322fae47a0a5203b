"""What a real node and a real control plane say of a pod that cannot serve, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from autotuner_core.deploy.ome.diagnosis import ServiceView, Verdict, diagnose
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause
from autotuner_core.kube import kinds
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import Kind
from cluster.cluster import Cluster
from cluster.images import BOX
from waiting import wait_for

NAME = "chat"
SECONDS = 40


class Service:
    """An engine's Deployment as OME makes it, without a controller behind, and what is told of it."""

    def __init__(self, client: KubeClient, namespace: str) -> None:
        self.client, self.namespace = client, namespace
        self.body: dict[str, Any] = {}
        self.serving = ""

    def start(self, pod: Mapping[str, Any]) -> None:
        """Make it, with this pod."""
        about = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": {"ports": [{"port": 80}]}}
        self.body = self.client.create(kinds.SERVICE, about, self.namespace)
        labels = {"app": NAME}
        template = {"metadata": {"labels": labels}, "spec": {"terminationGracePeriodSeconds": 1, **pod}}
        deployment = {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"{NAME}-engine"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }  # fmt: skip
        self.client.create(kinds.DEPLOYMENT, deployment, self.namespace)

    @property
    def pods(self) -> list[dict[str, Any]]:
        return self.client.list(kinds.POD, self.namespace)[0]

    def verdict(self) -> Verdict:
        """What is told of it now."""
        pods = self.pods
        view = ServiceView(
            service=self.body,
            deployment=self.client.get(kinds.DEPLOYMENT, f"{NAME}-engine", self.namespace),
            pods=pods,
            events=self.client.list(kinds.EVENT, self.namespace)[0],
            nodes=self.client.list(kinds.NODE)[0],
            cluster_pods=pods,
            now=self.client.server_now(),
            name=NAME,
            serving=self.serving,
            logs=self._log,
        )
        return diagnose(view)

    def failure(self) -> ExperimentFailure:
        """The failure that is told in the end."""
        seen: list[ExperimentFailure] = []
        wait_for(lambda: isinstance(found := self.verdict(), ExperimentFailure) and not seen.append(found), SECONDS)
        return seen[0]

    def _log(self, pod: str, container: str, previous: bool) -> str:
        try:
            return "\n".join(self.client.pod_log(pod, self.namespace, container, previous=previous))
        except KubeError:
            return ""


@pytest.fixture
def service(cluster: Cluster, namespace: str) -> Service:
    return Service(KubeClient.connect(Access(cluster.kubeconfig)), namespace)


def engine(script: str = "sleep 600", volume: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A pod with the engine's container, which mounts a volume."""
    container = {"name": "ome-container", "image": BOX, "command": ["sh", "-c", script], **more}
    if volume is None:
        return {"containers": [container]}
    mounted = {**container, "volumeMounts": [{"name": "model", "mountPath": "/model"}]}
    return {"containers": [mounted], "volumes": [{"name": "model", **volume}]}


def limited(**amounts: str) -> dict[str, Any]:
    return {"limits": {name.replace("gpu", "nvidia.com/gpu"): amount for name, amount in amounts.items()}}


SECRET = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}
FAILING: dict[str, tuple[dict[str, Any], Cause, str]] = {
    "a crash": (engine("echo 'x: error: unrecognized arguments: --foo' >&2; exit 2"), Cause.REJECTED, "--foo"),
    "an end": (engine("echo bye"), Cause.CRASH, "exit code 0"),
    "memory": (engine("tail /dev/zero", resources=limited(memory="32Mi")), Cause.OUT_OF_MEMORY, "32Mi"),
    "gpus": (engine(resources=limited(gpu="1000")), Cause.DOES_NOT_FIT, "needs 1000 nvidia.com/gpu"),
    "folder": (
        engine(volume={"hostPath": {"path": "/no/such/model", "type": "Directory"}}),
        Cause.MODEL_UNAVAILABLE, "/no/such/model",
    ),
    "claim": (engine(volume={"persistentVolumeClaim": {"claimName": "none"}}), Cause.UNSCHEDULABLE, "claim none"),
    "secret's volume": (engine(volume={"secret": {"secretName": "none"}}), Cause.ADMISSION_DENIED, "none"),
    "secret": (engine(env=[SECRET]), Cause.ADMISSION_DENIED, 'secret "hf" not found'),
    "program": (engine() | {"containers": [{**engine()["containers"][0], "command": ["sglang"]}]},
                Cause.ENDPOINT_UNREACHABLE, "sglang"),
    "image": (engine(image="local/none:1", imagePullPolicy="Never"), Cause.IMAGE_PULL, "local/none:1"),
    "image's name": (engine(image="local/NONE::1"), Cause.IMAGE_PULL, "local/NONE::1"),
    "account": ({**engine(), "serviceAccountName": "none"}, Cause.ADMISSION_DENIED, "none"),
    "priority": ({**engine(), "priorityClassName": "none"}, Cause.ADMISSION_DENIED, "PriorityClass"),
    "node's label": ({**engine(), "nodeSelector": {"pool": "none"}}, Cause.UNSCHEDULABLE, "pool=none"),
    "model's label": (
        {**engine(), "nodeSelector": {"models.ome.io/clusterbasemodel.none": "Ready"}},
        Cause.MODEL_UNAVAILABLE, "clusterbasemodel.none=Ready",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pod", "cause", "words"), FAILING.values(), ids=FAILING)
def test_a_failure_in_a_nodes_own_words_is_not_understood(
    service: Service, pod: dict[str, Any], cause: Cause, words: str
) -> None:
    service.start(pod)
    failure = service.failure()
    assert failure.cause is cause
    assert words in failure.message
    assert failure.evidence and failure.cure


def test_a_quota_that_is_exceeded_is_not_understood(service: Service) -> None:
    quota = {"metadata": {"name": "gpus"}, "spec": {"hard": {"requests.nvidia.com/gpu": "2"}}}
    client, where = service.client, service.namespace
    client.create(kinds.RESOURCE_QUOTA, {"apiVersion": "v1", "kind": "ResourceQuota", **quota}, where)
    wait_for(lambda: "used" in (client.get(kinds.RESOURCE_QUOTA, "gpus", where) or {}).get("status", {}), SECONDS)
    service.start(engine(resources=limited(gpu="4")))
    failure = service.failure()
    assert failure.cause is Cause.QUOTA and not failure.retry
    assert "limited: requests.nvidia.com/gpu=2" in failure.message


def _evict(service: Service, pod: str) -> None:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": service.namespace}}
    service.client.create(Kind("", "v1", f"pods/{pod}/eviction", "Eviction"), body, service.namespace)


def _delete(service: Service, pod: str) -> None:
    service.client.delete(kinds.POD, pod, service.namespace)


@pytest.mark.parametrize("take", [_evict, _delete], ids=["evicted", "deleted"])
def test_an_engine_that_is_taken_away_under_load_is_held_against_its_configuration(
    service: Service, take: Callable[[Service, str], None]
) -> None:
    service.start(engine())
    wait_for(lambda: any(pod["status"].get("phase") == "Running" for pod in service.pods), SECONDS)
    [pod] = service.pods
    service.serving = pod["metadata"]["uid"]
    assert service.verdict() is None
    take(service, pod["metadata"]["name"])
    assert service.failure().cause is Cause.EVICTED
