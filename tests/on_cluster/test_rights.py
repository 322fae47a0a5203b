"""The access rights that are written for a namespace: enough for a run, and not more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.rbac import render_rbac
from autotuner_core.deploy.ome.remains import KINDS as REMAINS
from autotuner_core.deploy.ome.rights import CLUSTER_WIDE, IN_NAMESPACE, OPTIONAL, Rule
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import Kind
from cluster.cluster import Cluster
from on_cluster.rbac_kinds import RBAC, RBAC_KINDS
from waiting import wait_for

REVIEW = Kind("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False)

May = Callable[[str, str, str, str], bool]


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


@pytest.fixture
def may(client: KubeClient, namespace: str) -> Iterator[May]:
    """Whether the account with the written rights, the optional ones left out, may do something: verb, API group,
    resource, namespace (empty: everywhere)."""
    made: list[tuple[Kind, str]] = []
    for body in YAML(typ="safe", pure=True).load_all(render_rbac(namespace, name="tuner")):
        kind, name = RBAC_KINDS[body["kind"]], body["metadata"]["name"]
        if not name.endswith("-optional"):
            client.create(kind, body, namespace if kind.namespaced else None)
            made.append((kind, name))

    def asked(verb: str, group: str, resource: str, where: str) -> bool:
        resource, _, subresource = resource.partition("/")
        about = {"verb": verb, "group": group, "resource": resource, "subresource": subresource, "namespace": where}
        spec = {"user": f"system:serviceaccount:{namespace}:tuner", "resourceAttributes": about}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": REVIEW.name, "spec": spec}
        return bool(client.create(REVIEW, review)["status"]["allowed"])

    yield asked
    for kind, name in made:
        client.delete(kind, name, namespace if kind.namespaced else None)


def each(rules: tuple[Rule, ...]) -> Iterator[tuple[str, str, str]]:
    return ((verb, rule.group, resource) for rule in rules for resource in rule.resources for verb in rule.verbs)


def test_the_account_may_do_what_a_run_does_and_nothing_else(may: May, namespace: str) -> None:
    wait_for(lambda: may("get", "", "nodes", ""), 10)  # the authorizer learns of bindings by a watch
    wait_for(lambda: may("get", "", "pods", namespace), 10)
    assert all(may(*what, namespace) for what in each(IN_NAMESPACE))
    assert all(may(*what, "") for what in each(CLUSTER_WIDE))
    for kind in REMAINS:
        assert may("list", kind.group, kind.plural, namespace), f"`clean` lists {kind.plural}"
    allowed = {what for what in each(OPTIONAL) if may(*what, "")}
    assert not allowed, "optional rights were left out"
    for verb, group, resource in (
        ("get", "", "secrets"), ("create", "", "pods/exec"), ("update", "ome.io", "inferenceservices"),
        ("delete", "apps", "deployments"), ("create", RBAC, "roles"), ("patch", "", "persistentvolumeclaims"),
    ):  # fmt: skip
        assert not may(verb, group, resource, namespace), f"{verb} {resource}"
    assert not any(may(verb, "ome.io", "inferenceservices", "default") for verb in ("list", "create", "delete"))
