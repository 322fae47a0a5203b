"""A kubeconfig's `exec`: a program that gives the token or the certificate for a user.

The kubernetes package runs such programs too, but without a limit in time, on the terminal of whoever looks at a run,
and takes a failure for a user without any login. The protocol is that of client.authentication.k8s.io.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autotuner_core.failures import PreflightError

PLUGIN_SECONDS = 60.0
"""Time for it to answer: some ask a server far away. It cannot ask the user: there may be none."""


@dataclass(frozen=True, repr=False)
class Credential:
    """What the plugin gave: a token, or a certificate with its key (PEM). `expires`: seconds since the epoch."""

    token: str | None
    certificate: str | None
    key: str | None
    expires: float | None


def run_plugin(
    spec: Mapping[str, Any], folder: Path, cluster: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Credential:
    """Ask the plugin that `spec` (the kubeconfig's `exec`) describes; `folder` is that of the kubeconfig, `cluster`
    what that says of the cluster. Raises PreflightError with the plugin's own words."""
    command, version = str(spec.get("command") or ""), str(spec.get("apiVersion") or "")
    if os.sep in command:
        command = str(folder / command)
    about: dict[str, Any] = {"interactive": False}
    if spec.get("provideClusterInfo"):
        about["cluster"] = _cluster_info(cluster)
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": about}
    extra = {str(item["name"]): str(item["value"]) for item in spec.get("env") or ()}
    try:
        done = subprocess.run(
            [command, *map(str, spec.get("args") or ())],
            env={**environment, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PLUGIN_SECONDS,
        )
    except FileNotFoundError as error:
        raise _failed(command, "there is no such program", spec.get("installHint")) from error
    except subprocess.TimeoutExpired as error:
        raise _failed(command, f"it did not answer in {PLUGIN_SECONDS:g} s: {_text(error.stderr)}") from error
    except OSError as error:
        raise _failed(command, str(error)) from error
    if done.returncode != 0:
        raise _failed(command, f"exit code {done.returncode}: {_text(done.stderr)}")
    return _credential(command, done.stdout)


def _credential(command: str, answer: bytes) -> Credential:
    try:
        status = json.loads(answer)["status"]
        token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
        until = status.get("expirationTimestamp")
        expires = datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp() if until else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failed(command, "what it printed is no ExecCredential") from error  # it may hold a token: not shown
    if not token and not (certificate and key):
        raise _failed(command, "its ExecCredential has neither a token nor a certificate with its key")
    return Credential(token, certificate, key, expires)


def _cluster_info(cluster: Mapping[str, Any]) -> dict[str, Any]:
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    info = {name: cluster[name] for name in names if name in cluster}
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info


def _text(output: bytes | None) -> str:
    return " ".join((output or b"").decode("utf-8", "replace").split())[-500:] or "it said nothing"


def _failed(command: str, what: str, hint: Any = None) -> PreflightError:
    return PreflightError(
        f"the login to the cluster failed: the kubeconfig's plugin {command}: {what}",
        cure=" ".join(str(hint).split())
        if hint
        else "Log in as you do for kubectl; `kubectl get namespaces` shows whether it works.",
    )
