"""Kubeconfigs of users who may do less than the cluster's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from cluster.cluster import Cluster


def account_token(cluster: Cluster, namespace: str, name: str) -> str:
    """The token of a service account that is made for it, and may do nothing."""
    cluster.kubectl("create", "serviceaccount", name, "-n", namespace)
    return cluster.kubectl("create", "token", name, "-n", namespace).strip()


def kubeconfig_of(cluster: Cluster, user: dict[str, Any] | None, file: Path, **server: Any) -> Path:
    """The cluster's kubeconfig with another user, written to `file`; `server` adds to what it says of the cluster."""
    config = YAML(typ="safe", pure=True).load(cluster.kubeconfig)
    if user is not None:
        config["users"][0]["user"] = user
    config["clusters"][0]["cluster"].update(server)
    file.write_text(json.dumps(config), encoding="utf-8")
    return file
