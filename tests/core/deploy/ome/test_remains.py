"""Whose an object in a cluster is, and whether its run is alive, as labels, names and leases tell."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from autotuner_core.deploy.ome.lease_job import lease_job, pulse
from autotuner_core.deploy.ome.names import own_labels
from autotuner_core.deploy.ome.remains import is_ours
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.kube.kinds import CONFIG_MAP, INFERENCE_SERVICE, JOB, POD, PVC, Kind
from autotuner_core.task.load import task_from_json

NOW = 1_800_000_000.0
TASK = {
    "task_name": "chat",
    "model": {"name": "m", "namespace": "n"},
    "base_runtime": "r",
    "parameters": {"tp_size": {"type": "choice", "values": [1]}},
    "optimization": {"objective": "maximize_throughput"},
    "benchmark": {"model_tokenizer": "m"},
}


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def lease(*, began: float | None, deadline: int = 600) -> dict[str, Any]:
    """A lease of ten minutes, as the cluster has it."""
    job = lease_job(RunInCluster("ab12", "token", task_from_json(TASK), "n"), 600)
    job["metadata"]["creationTimestamp"] = stamp(NOW - 5)
    job["status"] = {} if began is None else {"startTime": stamp(began)}
    job["spec"]["activeDeadlineSeconds"] = deadline
    return job


@pytest.mark.parametrize(
    ("job", "beats"),
    [
        (lease(began=None), True),
        (lease(began=NOW - 100), True),
        (lease(began=NOW - 3600, deadline=3600 - 210 + 600), True),
        (lease(began=NOW - 3600, deadline=3600 - 410 + 600), False),
        ({**lease(began=NOW - 100), "status": {"conditions": [{"type": "Failed", "status": "True"}]}}, False),
    ],
)
def test_a_run_is_dead_once_two_heartbeats_of_its_lease_are_missing(job: dict[str, Any], beats: bool) -> None:
    assert pulse(job, NOW).beats is beats


def test_a_lease_that_does_not_say_how_long_it_lasts_is_taken_for_alive() -> None:
    job = lease(began=NOW - 3600)
    del job["metadata"]["annotations"]["autotuner.io/lasts-seconds"]
    assert pulse(job, NOW).beats


def body(name: str, labels: dict[str, str], owner: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels, "ownerReferences": [owner] if owner else []}}


LABELS = own_labels("ab12", "chat", 3)


@pytest.mark.parametrize(
    ("kind", "of", "ours"),
    [
        (INFERENCE_SERVICE, body("chat-ab12-exp3", LABELS), True),
        (JOB, body("chat-ab12-lease", own_labels("ab12", "chat")), True),
        (CONFIG_MAP, body("chat-ab12-launcher", LABELS), True),
        (INFERENCE_SERVICE, body("production", LABELS), False),
        (INFERENCE_SERVICE, body("chat-ab12-exp3", {**LABELS, "app.kubernetes.io/managed-by": "Helm"}), False),
        (INFERENCE_SERVICE, body("chat-ab12-exp3", {"app.kubernetes.io/managed-by": "autotuner-tui"}), False),
        (JOB, body("chat-ab12-exp3", LABELS), False),
        (POD, body("chat-ab12-exp3r1", LABELS), True),
        (POD, body("chat-ab12-exp3-engine-7d9f-x", LABELS), False),
        (PVC, body("results-ab12-2", own_labels("ab12", "chat")), True),
        (PVC, body("results", own_labels("ab12", "chat")), False),
        (CONFIG_MAP, body("chat-ab12-exp3-agent", LABELS, {"kind": "InferenceService", "controller": True}), False),
    ],
)
def test_only_what_a_run_made_is_its_own(kind: Kind, of: dict[str, Any], ours: bool) -> None:
    assert is_ours(kind, of) is ours
