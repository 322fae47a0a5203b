"""The cluster of tasks with backend ome: whether it is reached, its version, OME in it, a run's first right."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autotuner_tui.doctor.check import Check, Health

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

OLDEST = (1, 28)
"""Of Kubernetes, by OME's own installation page."""
_INSTALL = "./install.sh --install-ome, or an administrator installs it"
_PATIENCE = 0.0


def check_cluster(arguments: Namespace) -> Iterator[Check]:
    """Of the cluster that the usual rules, or the words of the command line, lead to. What is wrong with one that was
    named is `missing`, with any other one only a note: local tasks need none."""
    from autotuner_core.failures import PreflightError
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.errors import KubeError, as_failure
    from autotuner_tui.cli.cluster import check_kubeconfig, cluster_is_asked, placement_of

    check_kubeconfig(arguments)
    unwell = Health.MISSING if cluster_is_asked(arguments) else Health.NOTE
    try:
        client = KubeClient.connect(placement_of(arguments).access).patient(seconds=_PATIENCE)
    except PreflightError as error:
        yield Check("cluster", unwell, error.message, f"{error.cure} Local tasks need no cluster.")
        return
    try:
        yield _version(client)
        yield _ome(client, unwell)
        yield _right(client, arguments.namespace or client.namespace or "default", unwell)
    except KubeError as error:
        failure = as_failure(error, f"ask the cluster ({client.context} at {client.server})")
        yield Check("cluster", unwell, failure.message, failure.cure)


def _version(client: KubeClient) -> Check:
    version = str(client.version().get("gitVersion", "?"))
    found = f"{client.context} at {client.server}, Kubernetes {version}"
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return Check("cluster", Health.WARNING, found, f"OME wants Kubernetes {wanted} or newer: have it upgraded")
    return Check("cluster", Health.OK, found)


def _ome(client: KubeClient, unwell: Health) -> Check:
    from autotuner_core.deploy.ome.rights import CONTROLLER, OME_NAMESPACE
    from autotuner_core.kube.errors import KubeError
    from autotuner_core.kube.kinds import DEPLOYMENT, INFERENCE_SERVICE

    try:
        client.list(INFERENCE_SERVICE, OME_NAMESPACE)
    except KubeError as error:
        if error.status == 404:
            return Check("OME", unwell, "the cluster does not have its kinds", _INSTALL)
        if error.status != 403:  # refused: whether the kind is there is then not told
            raise
    look = "kubectl -n ome get pods"
    try:
        controller = client.get(DEPLOYMENT, CONTROLLER, OME_NAMESPACE)
    except KubeError as error:
        if error.status != 403:
            raise
        return Check("OME", Health.OK, "its kinds are there; whether its controller runs may not be asked")
    if controller is None:
        return Check("OME", Health.NOTE, f"its kinds are there; no {CONTROLLER} in the namespace {OME_NAMESPACE}", look)
    if not (controller.get("status") or {}).get("availableReplicas"):
        return Check("OME", unwell, "its kinds are there, but its controller is not available", look)
    return Check("OME", Health.OK, "its kinds are there, its controller is available")


def _right(client: KubeClient, namespace: str, unwell: Health) -> Check:
    from autotuner_core.kube.kinds import INFERENCE_SERVICE

    if client.may("create", INFERENCE_SERVICE, namespace).allowed:
        found = f"InferenceServices may be made in the namespace {namespace}"
        return Check("rights", Health.OK, f"{found}; `check TASK --cluster` asks for all the rest")
    cure = f"autotuner-tui new --rbac --namespace {namespace} -o - | kubectl apply -f -   (an administrator)"
    return Check("rights", unwell, f"this user may not make InferenceServices in the namespace {namespace}", cure)
