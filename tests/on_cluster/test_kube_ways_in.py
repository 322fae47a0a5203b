"""Ways into a real API server: certificates, names, proxies."""

from __future__ import annotations

import base64
import json
import select
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.failures import FailureCause
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import Kind
from cluster.cluster import Cluster
from on_cluster.logins import kubeconfig_of

REVIEW = Kind("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)
ADMIN, KUBELET = "admin", "apiserver-kubelet-client"


class Proxy(threading.Thread):
    """A proxy that opens tunnels for who has its password."""

    LOGIN = base64.b64encode(b"ann:pass word").decode()

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.tunnels: list[str] = []

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(caller,), daemon=True).start()

    def tunnel(self, caller: socket.socket) -> None:
        head = caller.recv(65536).decode()
        if f"Proxy-Authorization: Basic {self.LOGIN}".lower() not in head.lower():
            caller.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            caller.close()
            return
        target = head.split()[1]
        self.tunnels.append(target)
        host, _, port = target.rpartition(":")
        with caller, socket.create_connection((host, int(port))) as server:
            caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {caller: server, server: caller}
            while True:
                for ready in select.select([*ends], [], [])[0]:
                    if not (piece := ready.recv(65536)):
                        return
                    ends[ready].sendall(piece)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    proxy.start()
    yield proxy
    proxy.listening.shutdown(socket.SHUT_RDWR)
    proxy.listening.close()


def who_am_i(file: Path) -> str:
    client = KubeClient.connect(Access(file)).patient(seconds=0)
    made = client.create(REVIEW, {"apiVersion": REVIEW.api_version, "kind": REVIEW.name})
    return str(made["status"]["userInfo"]["username"])


def refusal(file: Path) -> KubeError:
    with pytest.raises(KubeError) as refused:
        who_am_i(file)
    return refused.value


@pytest.mark.parametrize("how", ["environment", "kubeconfig"])
def test_the_way_through_a_proxy_with_a_password(
    cluster: Cluster, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    more = {"proxy-url": f"http://ann:pass%20word@{proxy.address}"} if how == "kubeconfig" else {}
    if how == "environment":
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:pass%20word@{proxy.address}")
    assert who_am_i(kubeconfig_of(cluster, None, tmp_path / "config", **more)) == ADMIN
    assert proxy.tunnels == [f"{cluster.address}:6443"]
    more = {"proxy-url": f"http://{proxy.address}"}
    assert "407" in refusal(kubeconfig_of(cluster, None, tmp_path / "other", **more)).message


def test_a_server_is_known_by_the_name_that_the_kubeconfig_gives_it(cluster: Cluster, tmp_path: Path) -> None:
    assert (
        who_am_i(kubeconfig_of(cluster, None, tmp_path / "config", **{"tls-server-name": "kubernetes.default.svc"}))
        == ADMIN
    )
    error = refusal(kubeconfig_of(cluster, None, tmp_path / "config", **{"tls-server-name": "another"}))
    failure = as_failure(error, "ask")
    assert failure.cause is FailureCause.API_UNREACHABLE and "certificate-authority" in failure.cure


def test_a_server_that_is_not_to_be_checked_is_not(cluster: Cluster, tmp_path: Path) -> None:
    more = {"insecure-skip-tls-verify": True, "tls-server-name": "another"}
    assert who_am_i(kubeconfig_of(cluster, None, tmp_path / "config", **more)) == ADMIN


@pytest.mark.parametrize("how", ["files", "data", "plugin"])
def test_a_certificate_is_a_login(cluster: Cluster, tmp_path: Path, how: str) -> None:
    certificate, key = (cluster.place.pki / f"kubelet-client.{end}" for end in ("crt", "key"))
    if how == "files":
        user = {"client-certificate": str(certificate), "client-key": str(key)}
    elif how == "data":
        user = {
            "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
            "client-key-data": base64.b64encode(key.read_bytes()).decode(),
        }
    else:
        status = {"clientCertificateData": certificate.read_text(), "clientKeyData": key.read_text()}
        version = "client.authentication.k8s.io/v1"
        answer = tmp_path / "answer.json"
        answer.write_text(json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status}))
        user = {"exec": {"apiVersion": version, "command": "cat", "args": [str(answer)], "interactiveMode": "Never"}}
    assert who_am_i(kubeconfig_of(cluster, user, tmp_path / "config")) == KUBELET
