"""The stand-in of OME's controller as a part of a cluster: how it is started, and how to see that it is asked."""

from __future__ import annotations

import sys
from pathlib import Path

from .api import Api
from .places import HERE, Place
from .settings import Settings

_PLACE = "/apis/ome.io/v1beta1/namespaces/autotuner/inferenceservices?dryRun=All"
_EMPTY = {"apiVersion": "ome.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "empty"}, "spec": {}}


def is_there() -> bool:
    """Whether there is one."""
    return (HERE / "ome" / "__main__.py").exists()


def command(place: Place, settings: Settings) -> list[str | Path]:
    """How it is called, in the ways of a version."""
    words = [sys.executable, "-m", "tests.cluster.ome", "--kubeconfig", place.kubeconfig, "--version", settings.ome]
    return [*words, *(["--webhooks"] if settings.webhooks else [])]


def is_asked(api: Api) -> bool | None:
    """Whether its webhooks are asked about what is created: the schema lets an empty InferenceService pass, they do
    not. None while the API server cannot say, because it asks who does not answer."""
    status, _ = api.call("POST", _PLACE, _EMPTY)
    return {201: False, 403: True}.get(status)
