"""The real kubectl port-forward, kept up."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from autotuner_core.deploy.port import ReservedPort
from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.port_forward import PortForward
from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.pods import create, wait_ready
from waiting import wait_for

MISBEHAVING = Path(__file__).resolve().parents[1] / "misbehaving.py"


class Forward:
    """A forward to the pod `engine`, and what was started for it."""

    def __init__(self, client: KubeClient, namespace: str, folder: Path) -> None:
        self.groups: list[ProcessGroup] = []
        self.notes = 0
        self.reserved = ReservedPort()
        self.log = folder / "port-forward.log"
        self.it = PortForward(
            client,
            "engine",
            namespace,
            port=self.reserved.number,
            remote=8080,
            log=self.log,
            start=self.start,
            notify=self.note,
        )

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], log: Path, on_exit: Callable[[int], None]
    ) -> ProcessGroup:
        self.groups.append(start_group(argv, env=env, log=log, token="test", on_exit=on_exit))
        return self.groups[-1]

    def note(self) -> None:
        self.notes += 1

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.it.port, timeout=5)
        try:
            connection.request("GET", "/v1/models")
            return b"in-a-pod" in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.fixture
def client(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> KubeClient:
    monkeypatch.setenv("PATH", f"{cluster.bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", "/elsewhere")  # what the client was told counts, not this
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, cluster.address)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    return KubeClient.connect(Access(cluster.kubeconfig))


@pytest.fixture
def engine(cluster: Cluster, namespace: str) -> None:
    words = [MISBEHAVING, "--host", "0.0.0.0", "--port", "8080", "--model", "in-a-pod"]
    probe = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}
    create(cluster, namespace, host_python(MISBEHAVING.parent).pod("engine", words, readinessProbe=probe))
    wait_ready(cluster, namespace, "engine")


@pytest.fixture
def forward(client: KubeClient, namespace: str, engine: None, tmp_path: Path) -> Iterator[Forward]:
    forward = Forward(client, namespace, tmp_path)
    yield forward
    forward.it.stop()
    forward.reserved.release()
    assert not any(thread.name.startswith("port-forward") for thread in threading.enumerate())
    assert not any(group.members() for group in forward.groups) and not forward.answers()


def test_it_comes_up_again_on_the_same_port_whenever_it_drops(forward: Forward) -> None:
    wait_for(lambda: forward.it.up, 60, what="the forward")
    assert forward.answers() and forward.it.drops == 0
    for drops in (1, 2):
        forward.groups[-1].stop(now=True)
        wait_for(lambda drops=drops: forward.it.drops == drops, 60, what="the drop")
        wait_for(lambda: forward.it.up and forward.answers(), 60, what="the next one")
    assert len(forward.groups) == 3 and forward.it.failure is None and forward.notes >= 5


def test_a_pod_that_is_gone_is_told_with_what_kubectl_says(cluster: Cluster, namespace: str, forward: Forward) -> None:
    wait_for(lambda: forward.it.up, 60, what="the forward")
    cluster.kubectl("delete", "pod", "engine", "-n", namespace, "--wait", "--grace-period=0", "--force")
    forward.groups[-1].stop(now=True)
    failure = wait_for(lambda: forward.it.failure, 60, what="the failure")
    assert any('pods "engine" not found' in line for line in failure.evidence), failure.evidence
    assert f"--namespace {namespace} port-forward pod/engine" in failure.cure and not forward.it.up
