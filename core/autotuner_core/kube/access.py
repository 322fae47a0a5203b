"""Which cluster is meant, and the way in: by a kubeconfig and one of its contexts, or by the pod's own account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.failures import PreflightError
from autotuner_core.kube.account import by_account
from autotuner_core.kube.kubeconfig import by_kubeconfig
from autotuner_core.kube.login import Login

DEFAULT_KUBECONFIG = "~/.kube/config"


@dataclass(frozen=True)
class Access:
    """What the user asked for. None: the usual rules ($KUBECONFIG, then ~/.kube/config; the account of the pod that
    this runs in only where there is no kubeconfig at all), and the kubeconfig's current context."""

    kubeconfig: Path | None = None
    context: str | None = None


def kubeconfig_files(access: Access, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The kubeconfig files that count, those that exist. Raises PreflightError where a named one does not exist."""
    if access.kubeconfig is not None:
        if not access.kubeconfig.is_file():
            raise PreflightError(
                f"the kubeconfig {access.kubeconfig} does not exist", cure="Name another with --kubeconfig."
            )
        return (access.kubeconfig.absolute(),)
    said = environment.get("KUBECONFIG", "")
    named = [Path(part).expanduser() for part in said.split(os.pathsep) if part]
    found = tuple(path.absolute() for path in named or [Path(DEFAULT_KUBECONFIG).expanduser()] if path.is_file())
    if named and not found:
        raise PreflightError(
            f"KUBECONFIG names {said}, which does not exist",
            cure="Set it to a kubeconfig that is there, unset it, or name one with --kubeconfig.",
        )
    return found


def log_in(access: Access, environment: Mapping[str, str] = os.environ) -> Login:
    """Find the way in; nothing is asked of the cluster yet. A kubeconfig that is broken is an error, never a reason to
    go another way. Raises PreflightError with the cure."""
    files = kubeconfig_files(access, environment)
    if files:
        return by_kubeconfig(files, access.context, environment)
    if "KUBERNETES_SERVICE_HOST" in environment:
        return by_account(environment)
    raise PreflightError(
        f"no way into a cluster: there is no kubeconfig ({DEFAULT_KUBECONFIG}), and this is no pod",
        cure="Name a kubeconfig with --kubeconfig or in $KUBECONFIG; `kubectl config view` shows what kubectl uses.",
    )
