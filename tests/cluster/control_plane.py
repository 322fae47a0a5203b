"""etcd, API server, controller manager and scheduler: their command lines."""

from __future__ import annotations

from pathlib import Path

from .credentials import API_PORT, kubeconfig_of
from .network import NODE_ADDRESS, SERVICE_NETWORK
from .places import HERE, Place

ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


def etcd(place: Place, programs: Path) -> list[str | Path]:
    """The data are thrown away with the cluster: nothing is synced to the disk."""
    return [
        programs / "etcd", "--name", "etcd-0", "--data-dir", place.state / "etcd", "--unsafe-no-fsync",
        "--log-level", "warn", "--listen-client-urls", ETCD, "--advertise-client-urls", ETCD,
        "--listen-peer-urls", ETCD_PEER, "--initial-advertise-peer-urls", ETCD_PEER,
        "--initial-cluster", f"etcd-0={ETCD_PEER}",
    ]  # fmt: skip


def apiserver(place: Place, programs: Path) -> list[str | Path]:
    """Without a default route it finds no address to advertise by itself."""
    pki = place.pki
    return [
        programs / "kube-apiserver", "--etcd-servers", ETCD, "--bind-address", "0.0.0.0",
        "--advertise-address", NODE_ADDRESS, "--secure-port", str(API_PORT),
        "--tls-cert-file", pki / "apiserver.crt", "--tls-private-key-file", pki / "apiserver.key",
        "--client-ca-file", pki / "ca.crt", "--token-auth-file", pki / "tokens.csv",
        "--authorization-mode", "Node,RBAC", "--service-cluster-ip-range", SERVICE_NETWORK,
        "--service-account-key-file", pki / "service-accounts.key",
        "--service-account-signing-key-file", pki / "service-accounts.key",
        "--service-account-issuer", "https://kubernetes.default.svc",
        "--kubelet-client-certificate", pki / "kubelet-client.crt", "--kubelet-client-key", pki / "kubelet-client.key",
        "--kubelet-preferred-address-types", "InternalIP", "--allow-privileged",
        "--audit-policy-file", HERE / "objects" / "audit.yaml", "--audit-log-path", place.log("audit"),
    ]  # fmt: skip


def controller_manager(place: Place, programs: Path) -> list[str | Path]:
    """With the binder's usual period a claim stays Pending for 15 s; with the usual limit of requests it takes 4 s to
    start; a node without a kubelet is known as lost after 20 s instead of 50. It must know the CRDs when it starts:
    what it has not seen then its garbage collector looks for 30 s later, and until then an InferenceService that is
    deleted in the foreground stays."""
    return [
        programs / "kube-controller-manager", "--kubeconfig", kubeconfig_of(place, "controller-manager"),
        "--leader-elect=false", "--secure-port", "0", "--use-service-account-credentials",
        "--service-account-private-key-file", place.pki / "service-accounts.key",
        "--root-ca-file", place.pki / "ca.crt", "--pvclaimbinder-sync-period", "1s",
        "--kube-api-qps", "1000", "--kube-api-burst", "2000",
        "--node-monitor-grace-period", "20s", "--node-monitor-period", "1s",
        "--flex-volume-plugin-dir", place.state / "flexvolume",
    ]  # fmt: skip


def scheduler(place: Place, programs: Path) -> list[str | Path]:
    """Alone, it needs no election."""
    return [
        programs / "kube-scheduler", "--kubeconfig", kubeconfig_of(place, "scheduler"),
        "--leader-elect=false", "--secure-port", "0",
    ]  # fmt: skip
