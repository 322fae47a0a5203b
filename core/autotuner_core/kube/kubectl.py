"""kubectl, where it does what only it does well."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from autotuner_core.failures import PreflightError

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient


def find_kubectl() -> str:
    """The path of kubectl. Raises PreflightError."""
    if (path := shutil.which("kubectl")) is None:
        raise PreflightError(
            "there is no kubectl in the PATH, which the way from this machine to the engine needs",
            cure="Install kubectl (https://kubernetes.io/docs/tasks/tools/) of about the cluster's version.",
        )
    return path


def kubectl_command(client: KubeClient, namespace: str, *words: str) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment of a kubectl that goes where `client` goes: same files, same context."""
    argv, environment = [find_kubectl()], dict(os.environ)
    if client.kubeconfig_files:
        environment["KUBECONFIG"] = os.pathsep.join(map(str, client.kubeconfig_files))
        argv += ["--context", client.context]
    else:
        environment.pop("KUBECONFIG", None)
    return [*argv, "--namespace", namespace, *words], environment
