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


def kubeconfig_of(cluster: Cluster, user: dict[str, Any], file: Path) -> Path:
    """The cluster's kubeconfig with another user, written to `file`."""
    config = YAML(typ="safe", pure=True).load(cluster.kubeconfig)
    config["users"][0]["user"] = user
    file.write_text(json.dumps(config), encoding="utf-8")
    return file
