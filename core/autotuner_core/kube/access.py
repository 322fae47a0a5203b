"""Which cluster is meant, and how one gets in: the kubeconfig and its context, or the pod's own account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.failures import PreflightError

POOL_SIZE = 32  # connections kept open: watches and log streams of several experiments, and their calls
DEFAULT_KUBECONFIG = "~/.kube/config"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
# A connection that died in silence is found within 25 s: watches are quiet for minutes.
_KEEP_ALIVE = (("SO_KEEPALIVE", 1), ("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


@dataclass(frozen=True)
class Access:
    """What the user asked for. None: the usual rules ($KUBECONFIG, then ~/.kube/config; the account of the pod that
    this runs in only where there is no kubeconfig at all), and the kubeconfig's current context."""

    kubeconfig: Path | None = None
    context: str | None = None


@dataclass(frozen=True)
class Login:
    """An access that was found. `configuration` is the kubernetes package's; `files` is empty within a pod."""

    configuration: Any
    server: str
    context: str
    namespace: str | None
    files: tuple[Path, ...]


def kubeconfig_files(access: Access, environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The kubeconfig files that count, those that exist. Raises PreflightError where a named one does not exist."""
    if access.kubeconfig is not None:
        if not access.kubeconfig.is_file():
            raise PreflightError(
                f"the kubeconfig {access.kubeconfig} does not exist", cure="Name another with --kubeconfig."
            )
        return (access.kubeconfig,)
    said = environment.get("KUBECONFIG", "")
    named = [Path(part).expanduser() for part in said.split(os.pathsep) if part]
    found = tuple(path for path in named or [Path(DEFAULT_KUBECONFIG).expanduser()] if path.is_file())
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
        return _by_kubeconfig(files, access.context)
    if "KUBERNETES_SERVICE_HOST" in environment:
        return _by_account()
    raise PreflightError(
        f"no way into a cluster: there is no kubeconfig ({DEFAULT_KUBECONFIG}), and this is no pod",
        cure="Name a kubeconfig with --kubeconfig or in $KUBECONFIG; `kubectl config view` shows what kubectl uses.",
    )


def _by_kubeconfig(files: tuple[Path, ...], asked: str | None) -> Login:
    from kubernetes.config import kube_config as loader
    from kubernetes.config.config_exception import ConfigException

    kube_config: Any = loader  # it has no types
    where = os.pathsep.join(map(str, files))
    configuration = _configuration()
    try:
        contexts, current = kube_config.list_kube_config_contexts(where)
        context = _chosen(contexts, current, asked, where)
        kube_config.load_kube_config(
            where, context=context["name"], client_configuration=configuration, persist_config=False
        )
    except PreflightError:
        raise
    except (ConfigException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(where, error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "yaml":
            raise
        raise _unreadable(where, error) from error
    inner = context.get("context") or {}
    return Login(configuration, configuration.host, context["name"], inner.get("namespace"), files)


def _unreadable(where: str, error: Exception) -> PreflightError:
    return PreflightError(
        f"the kubeconfig {where} cannot be used: {' '.join(str(error).split())}",
        cure="`kubectl config view` with the same file tells more; name another with --kubeconfig.",
    )


def _chosen(contexts: Any, current: Any, asked: str | None, where: str) -> dict[str, Any]:
    names = [context["name"] for context in contexts]
    if asked is None:
        return dict(current)
    for context in contexts:
        if context["name"] == asked:
            return dict(context)
    raise PreflightError(
        f"the kubeconfig {where} has no context {asked!r}", cure=f"It has: {', '.join(names) or 'none'}."
    )


def _by_account() -> Login:
    from kubernetes.config import incluster_config as loader
    from kubernetes.config.config_exception import ConfigException

    incluster_config: Any = loader  # it has no types
    configuration = _configuration()
    try:
        incluster_config.load_incluster_config(client_configuration=configuration)
        namespace = (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except (ConfigException, OSError) as error:
        raise PreflightError(
            f"this pod has no account for the cluster: {error}",
            cure="Give the pod a serviceAccountName, with automountServiceAccountToken left on.",
        ) from error
    return Login(configuration, configuration.host, "the pod's own account", namespace, ())


def _configuration() -> Any:
    import socket

    from kubernetes.client.configuration import Configuration
    from urllib3.connection import HTTPConnection

    configuration = Configuration()
    configuration.connection_pool_maxsize = POOL_SIZE
    configuration.retries = False
    keep_alive = [
        (socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _KEEP_ALIVE
        if hasattr(socket, name)
    ]
    configuration.socket_options = [*HTTPConnection.default_socket_options, *keep_alive]
    return configuration
