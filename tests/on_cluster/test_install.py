"""install.sh with a cluster: what it makes there, what it leaves alone, and OME's installation but for the charts."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.cluster import Cluster
from install_machine import Machine, bare_machine, copy_of_checkout, find_uv, with_uv
from waiting import wait_for

# Stands in for Helm and the charts: what it is asked for is written down, and what the script then waits for is made.
HELM = """#!/bin/bash
echo "$*" >>"$HELM_LOG"
deployment() {
    kubectl create namespace "$1" 2>/dev/null
    kubectl create deployment "$2" --image=none --replicas=0 -n "$1"
}
case "$*" in
    version*) echo v4.0.1 ;;
    *cert-manager*)
        deployment cert-manager cert-manager-webhook
        kubectl create -f - <<'CRD'
{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
 "metadata": {"name": "certificates.cert-manager.io",
              "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in"}},
 "spec": {"group": "cert-manager.io", "scope": "Namespaced", "names": {"plural": "certificates", "kind": "Certificate"},
          "versions": [{"name": "v1", "served": true, "storage": true,
                        "schema": {"openAPIV3Schema": {"type": "object"}}}]}}
CRD
        ;;
    *ome-resources*) deployment ome ome-controller-manager ;;
    *) exit 1 ;;
esac
"""
WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "not-there-yet"},
    "webhooks": [
        {
            "name": "inferenceservice.ome-webhook-server.validator",
            "clientConfig": {"service": {"namespace": "default", "name": "none"}},
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}},
            "rules": [
                {
                    "apiGroups": ["ome.io"],
                    "apiVersions": ["v1beta1"],
                    "operations": ["CREATE"],
                    "resources": ["inferenceservices"],
                }
            ],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
        }
    ],
}
Install = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def machine(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which everything but the cluster's part is done already, after the first call."""
    folder = tmp_path_factory.mktemp("machine")
    return with_uv(bare_machine(copy_of_checkout(repository, folder / "checkout"), folder), find_uv())


@pytest.fixture
def install(machine: Machine, cluster: Cluster, tmp_path: Path) -> Install:
    """install.sh with a kubectl that reaches the cluster."""
    if not (machine.tools / "kubectl").exists():
        machine.add("kubectl", cluster.bin / "kubectl")
    no_proxy = {name: os.environ[name] for name in ("NO_PROXY", "no_proxy")}

    def called(*options: str, kubeconfig: Path = cluster.kubeconfig, **environment: str) -> Any:
        environment = {"KUBECONFIG": str(kubeconfig), "HELM_LOG": str(tmp_path / "helm.log"), **no_proxy, **environment}
        return machine.install("--venv-path", "env", *options, **environment)

    return called


@pytest.fixture
def place(cluster: Cluster) -> Iterator[str]:
    """The name of a namespace that is not there yet."""
    name = f"place-{secrets.token_hex(3)}"
    yield name
    cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")
    for kind in ("clusterrole", "clusterrolebinding"):
        roles = [f"autotuner-tui-{name}", f"autotuner-tui-{name}-optional"]
        cluster.kubectl("delete", kind, "--ignore-not-found", *roles)


def test_namespace_claim_and_rights_are_made_once_and_then_left_alone(
    install: Install, cluster: Cluster, place: str
) -> None:
    first = install("--namespace", place)
    assert first.returncode == 0, first.stderr
    for made in (f"namespace {place} made", "claim benchmark-results-pvc made", "service account autotuner-tui made"):
        assert made in first.stdout
    assert "OME's kinds are there" in first.stdout
    account = f"system:serviceaccount:{place}:autotuner-tui"
    cluster.kubectl("get", "persistentvolumeclaim", "benchmark-results-pvc", "-n", place)
    asked = ("auth", "can-i", "create", "inferenceservices.ome.io", "-n", place, f"--as={account}")
    assert cluster.kubectl(*asked).strip() == "yes"
    cluster.kubectl("patch", "role", "autotuner-tui", "-n", place, "--type=merge", "-p", '{"rules": []}')
    again = install("--namespace", place)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("is there\n") == 3
    assert " made" not in again.stdout
    assert not json.loads(cluster.kubectl("get", "role", "autotuner-tui", "-n", place, "-o", "json"))["rules"]


def sees(done: subprocess.CompletedProcess[str], words: str) -> subprocess.CompletedProcess[str] | None:
    return done if words in done.stdout else None


def test_a_user_without_rights_is_told_what_an_administrator_must_do(
    install: Install, cluster: Cluster, namespace: str, place: str, tmp_path: Path
) -> None:
    config = json.loads(cluster.kubectl("config", "view", "--raw", "-o", "json"))
    config["users"][0]["user"] = {"token": cluster.kubectl("create", "token", "default", "-n", namespace).strip()}
    mine = tmp_path / "kubeconfig"
    mine.write_text(json.dumps(config))
    done = install("--namespace", place, kubeconfig=mine)
    assert done.returncode == 0, done.stderr
    assert f"kubectl create namespace {place}" in done.stdout
    cluster.kubectl("create", "namespace", place)
    look = ("--verb=get", "--resource=namespaces", "--resource=persistentvolumeclaims")
    cluster.kubectl("create", "clusterrole", f"autotuner-tui-{place}", *look)
    account = f"--serviceaccount={namespace}:default"
    cluster.kubectl(
        "create", "clusterrolebinding", f"autotuner-tui-{place}", f"--clusterrole=autotuner-tui-{place}", account
    )
    makes = ("--verb=create", "--resource=inferenceservices.ome.io", "-n", place)
    cluster.kubectl("create", "role", "maker", *makes)
    cluster.kubectl("create", "rolebinding", "maker", "--role=maker", account, "-n", place)
    done = wait_for(lambda: sees(install("--namespace", place, kubeconfig=mine), "may make InferenceServices"), 60)
    assert f"namespace {place} is there" in done.stdout
    (command,) = [line.strip() for line in done.stdout.splitlines() if "benchmark-pvc.yaml" in line]
    administrators = {
        **os.environ,
        "KUBECONFIG": str(cluster.kubeconfig),
        "PATH": f"{cluster.bin}:{os.environ['PATH']}",
    }
    subprocess.run(command, shell=True, env=administrators, check=True)
    cluster.kubectl("get", "persistentvolumeclaim", "benchmark-results-pvc", "-n", place)
    done = install("--namespace", place, "--context", "nowhere")
    assert done.returncode == 0, done.stderr
    assert "no cluster is reached" in done.stdout
    assert "nowhere" in done.stdout


@pytest.mark.slow
def test_ome_is_installed_in_order_and_a_second_time_nothing_is_touched(
    install: Install, machine: Machine, cluster: Cluster, place: str, tmp_path: Path
) -> None:
    refused = install("--namespace", place, "--install-ome")
    assert refused.returncode == 1
    assert "needs Helm" in refused.stderr
    machine.add("helm", HELM)
    log = tmp_path / "helm.log"
    try:
        done = install("--namespace", place, "--install-ome")
        assert done.returncode == 0, done.stderr
        charts = [line.split(" -n ")[0] for line in log.read_text().splitlines() if line.startswith("upgrade")]
        assert charts == [
            "upgrade --install cert-manager oci://quay.io/jetstack/charts/cert-manager --version v1.21.2",
            "upgrade --install ome oci://ghcr.io/moirai-internal/charts/ome-resources --version 1.2.2",
        ]
        assert "--server-side=false" in log.read_text()
        assert "KEDA is there: left alone" in done.stdout
        assert "OME's kinds are there: left alone" in done.stdout
        assert "OME's controller is available" in done.stdout
        log.unlink()
        again = install("--namespace", place, "--install-ome")
        assert again.returncode == 0, again.stderr
        assert "upgrade" not in log.read_text()
        cluster.kubectl("create", "-f", "-", input=json.dumps(WEBHOOK))
        waits = install("--namespace", place, "--install-ome", AUTOTUNER_WEBHOOK_SECONDS="1")
        assert waits.returncode == 1
        assert "failed: Waiting for OME's webhooks" in waits.stderr
        assert "failed calling webhook" in waits.stderr
        assert "kubectl get pods -A tells more" in waits.stderr
    finally:
        (machine.tools / "helm").unlink()
        for words in (
            ("validatingwebhookconfiguration", "not-there-yet"),
            ("crd", "certificates.cert-manager.io"),
            ("namespace", "cert-manager", "--wait=false"),
            ("deployment", "ome-controller-manager", "-n", "ome"),
        ):
            cluster.kubectl("delete", "--ignore-not-found", *words)
