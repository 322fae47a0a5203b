"""Certificates, tokens and kubeconfigs of a cluster. They are worth nothing: the cluster is reached from here alone."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from .holder import run
from .network import API_SERVICE, NODE_ADDRESS, Way
from .places import Place

API_PORT = 6443
NODE = "node-0"
# User, and the groups that it is in. The controllers' rights come with Kubernetes, by these names.
USERS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{NODE}", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", ""),
    "coredns": ("coredns", "system:masters"),
}
DAYS = "365"


def make(place: Place, way: Way) -> dict[str, str]:
    """Write all of them into the cluster's folder. Returns the users' tokens."""
    place.pki.mkdir(mode=0o700, exist_ok=True)
    _make_authority(place.pki)
    names = ("DNS:localhost", "DNS:kubernetes.default.svc", "DNS:kubernetes.default.svc.cluster.local")
    addresses = (f"IP:{address}" for address in ("127.0.0.1", way.inside, NODE_ADDRESS, API_SERVICE))
    _make_leaf(place.pki, "apiserver", "/CN=kube-apiserver", f"subjectAltName={','.join((*names, *addresses))}")
    subject = "/O=system:masters/CN=apiserver-kubelet-client"
    _make_leaf(place.pki, "kubelet-client", subject, "extendedKeyUsage=clientAuth")
    _make_key(place.pki / "service-accounts.key")
    tokens = {user: secrets.token_hex(16) for user in USERS}
    lines = (f'{tokens[user]},{name},{user},"{groups}"\n' for user, (name, groups) in USERS.items())
    _write(place.pki / "tokens.csv", "".join(lines))
    for user in USERS:
        path = place.kubeconfig if user == "admin" else kubeconfig_of(place, user)
        _write(path, json.dumps(kubeconfig(place, way.inside, tokens[user]), indent=1))
    return tokens


def kubeconfig_of(place: Place, user: str) -> Path:
    """Where the kubeconfig of one of Kubernetes' own programs lies."""
    return place.pki / f"{user}.kubeconfig"


def kubeconfig(place: Place, address: str, token: str) -> dict[str, object]:
    """A kubeconfig that stands by itself: it can be copied anywhere on this machine."""
    name = f"test-cluster-{place.name}"
    authority = {"server": f"https://{address}:{API_PORT}", "certificate-authority-data": _base64(place.pki / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": authority}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "autotuner"}}],
        "current-context": name,
    }


def _make_authority(pki: Path) -> None:
    _make_key(pki / "ca.key")
    run([
        "openssl", "req", "-x509", "-new", "-key", pki / "ca.key", "-days", DAYS, "-subj", "/CN=test-cluster",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", pki / "ca.crt",
    ])  # fmt: skip


def _make_leaf(pki: Path, name: str, subject: str, extension: str) -> None:
    _make_key(pki / f"{name}.key")
    run(["openssl", "req", "-new", "-key", pki / f"{name}.key", "-subj", subject, "-out", pki / f"{name}.csr"])
    (pki / f"{name}.ext").write_text(f"{extension}\nauthorityKeyIdentifier=keyid\n")
    run([
        "openssl", "x509", "-req", "-in", pki / f"{name}.csr", "-CA", pki / "ca.crt", "-CAkey", pki / "ca.key",
        "-CAcreateserial", "-days", DAYS, "-extfile", pki / f"{name}.ext", "-out", pki / f"{name}.crt",
    ])  # fmt: skip


def _make_key(path: Path) -> None:
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path])


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
