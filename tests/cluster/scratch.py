"""Namespaces that last as long as a test."""

from __future__ import annotations

import itertools
import os

from .cluster import Cluster
from .errors import ClusterError
from .processes import until

_numbers = itertools.count(1)
SECONDS = 120  # on an idle machine 2 are enough


class Scratch:
    """The namespaces of one test."""

    def __init__(self, cluster: Cluster) -> None:
        self.api = cluster.api
        self.made: list[str] = []

    def namespace(self) -> str:
        """Make a namespace in which pods can be created."""
        name = f"test-{os.getpid()}-{next(_numbers)}"
        self.api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": {"test-cluster": "scratch"}}})
        self.made.append(name)
        if not until(lambda: self.api.there(f"/api/v1/namespaces/{name}/serviceaccounts/default"), SECONDS):
            raise ClusterError(f"namespace {name} has no service account after {SECONDS} s")
        return name

    def clear(self) -> None:
        """Delete them, and wait until their pods are gone and the GPUs free. What else is in them goes by and by."""
        for name in self.made:
            path = f"/api/v1/namespaces/{name}"
            if self.api.there(path):
                self.api.ask("DELETE", path)  # from now on nothing new can be created in it
                self.api.ask("DELETE", f"{path}/pods?gracePeriodSeconds=1")
        if not until(lambda: not self._pods(), SECONDS, 0.05):
            raise ClusterError(f"still there after {SECONDS} s: {', '.join(self._pods())}")
        self.made.clear()

    def _pods(self) -> list[str]:
        lists = [self.api.ask("GET", f"/api/v1/namespaces/{name}/pods")["items"] for name in self.made]
        return [f"pod {pod['metadata']['namespace']}/{pod['metadata']['name']}" for pods in lists for pod in pods]
