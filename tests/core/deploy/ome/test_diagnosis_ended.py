"""An engine that ended, or was taken away: once it is seen, with its log, and held against whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from autotuner_core.deploy.ome.diagnosis import diagnose
from autotuner_core.failures import FailureCause as Cause
from recorded_service import BEGAN, node, stamp
from shown_service import POD, died, failure, grace, pod, view, waits

TAKEN = [
    (pod({"running": {}}, status={"reason": "Evicted", "message": "low on memory"}), Cause.EVICTED, "evicted"),
    (pod(died(137), status={"reason": "Evicted", "phase": "Failed"}), Cause.EVICTED, "evicted"),
    (
        pod(died(143), conditions={"DisruptionTarget": ("True", "PreemptionByScheduler", "preempted")},
            deletionTimestamp=stamp(4)),
        Cause.EVICTED, "higher priority",
    ),
    (pod({"running": {}}, status={"reason": "NodeLost"}), Cause.NODE_LOST, "does not answer"),
    (pod({"running": {}}, status={"phase": "Unknown"}), Cause.NODE_LOST, "does not answer"),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "cause", "words"), TAKEN)
def test_a_pod_that_was_taken_away_is_held_against_its_configuration(
    taken: Mapping[str, Any], cause: Cause, words: str
) -> None:
    found = failure(view(taken))
    assert found.cause is cause and found.retry
    assert words in found.message


def test_a_node_that_is_not_ready_is_waited_for() -> None:
    assert failure(view(pod({"running": {}}), nodes=[node(ready="Unknown")])).cause is Cause.NODE_LOST


def test_a_race_for_gpus_on_a_node_is_a_failure_at_once() -> None:
    refused = pod(status={"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": "Allocate failed"})
    assert grace(view(refused)).until == BEGAN + 61
    newer = pod({"running": {}}, name="newer", uid="newer", creationTimestamp=stamp(3))
    assert diagnose(view(refused, newer)) is None
    assert failure(view(refused, at=62)).cause is Cause.UNSCHEDULABLE


def test_a_pod_that_is_being_deleted_by_us_or_its_deployment_counts_as_a_crash() -> None:
    assert diagnose(view(pod(died(143), deletionTimestamp=stamp(4)))) is None


def test_a_measured_pod_that_vanishes_or_restarts_is_not_seen() -> None:
    runs = pod({"running": {}}, last=died(), restarts=1)
    assert diagnose(view(runs, serving="uid-pod", restarts=1)) is None
    assert failure(view(runs, serving="uid-pod")).cause is Cause.CRASH
    assert failure(view(pod(died()), serving="uid-pod")).cause is Cause.CRASH
    assert failure(view(serving="uid-pod")).cause is Cause.EVICTED
    going = pod({"running": {}}, deletionTimestamp=stamp(4))
    assert failure(view(going, serving="uid-pod")).cause is Cause.EVICTED
    assert failure(view(runs, service=None, serving="uid-pod", restarts=1)).cause is Cause.INTERRUPTED


def test_a_crash_that_is_seen_late_is_told_without_the_log_of_the_container_that_crashed() -> None:
    asked: list[tuple[str, str, bool]] = []

    def logs(name: str, container: str, previous: bool) -> str:
        asked.append((name, container, previous))
        return "INFO\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n" if previous else "INFO\n"

    again = pod(waits("CrashLoopBackOff", "back-off 10s"), last=died(), restarts=1)
    found = failure(view(again, logs=logs))
    assert found.cause is Cause.OUT_OF_MEMORY
    assert asked == [(POD, "ome-container", True)]
    twice = failure(view(pod(died(), last=died(), restarts=1), logs=logs))
    assert twice.cause is Cause.OUT_OF_MEMORY
    assert "CUDA out of memory" in twice.evidence[1]


def test_an_init_container_that_fails_is_held_against_the_configuration() -> None:
    failing = {"name": "fetch", "restartCount": 1, "state": waits("CrashLoopBackOff"), "lastState": died()}
    found = failure(view(pod(waits("PodInitializing"), status={"initContainerStatuses": [failing]})))
    assert found.cause is Cause.ENDPOINT_UNREACHABLE and "fetch" in found.message
