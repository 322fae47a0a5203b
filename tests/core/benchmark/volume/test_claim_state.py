"""A claim that results could not be written to is refused before anything is measured, and one that will do is not."""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.benchmark.volume.claim_state import GRACE_SECONDS, fault, is_shared, not_bound, usable

MADE, AT = "2026-11-28T20:00:00Z", 1_795_896_000.0


def claim(phase: str = "Pending", *modes: str, **metadata: Any) -> dict[str, Any]:
    about = {"name": "results", "namespace": "ml", "creationTimestamp": MADE, **metadata}
    return {"metadata": about, "spec": {"accessModes": list(modes or ("ReadWriteOnce",))}, "status": {"phase": phase}}


def event(reason: str, message: str = "", second: int = 1) -> dict[str, Any]:
    stamp = f"2026-11-28T20:00:{second:02d}Z"
    about = {"kind": "PersistentVolumeClaim", "name": "results"}
    return {"reason": reason, "message": message, "lastTimestamp": stamp, "involvedObject": about}


FIRST = event("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
NONE = event("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
FAILED = event("ProvisioningFailed", "failed to provision volume: rpc error: quota of the storage exceeded", 2)
UNKNOWN = event("ProvisioningFailed", 'storageclass.storage.k8s.io "fastest" not found', 2)


@pytest.mark.parametrize(
    ("body", "events", "will_do"),
    [
        (claim("Bound"), [], True),
        (claim("Bound"), [FAILED], True),
        (claim(), [], False),
        (claim(), [FIRST], True),
        (claim(), [FIRST, FAILED], False),
        (claim("Lost"), [], False),
    ],
)
def test_a_pod_is_started_only_with_a_claim_that_has_a_volume_or_gets_one_by_it(
    body: dict[str, Any], events: list[dict[str, Any]], will_do: bool
) -> None:
    assert usable(body, events) is will_do


@pytest.mark.parametrize(
    ("body", "events", "words"),
    [
        (claim("Bound", deletionTimestamp=MADE), [], "is being deleted"),
        (claim("Lost"), [], "has lost its volume"),
        (claim("Bound", "ReadOnlyMany"), [], "cannot be written to"),
        (claim(), [UNKNOWN], "the storage class fastest, which does not exist"),
    ],
)
def test_what_no_waiting_cures_is_waited_for(body: dict[str, Any], events: list[dict[str, Any]], words: str) -> None:
    failure = fault(body, events, AT)
    assert failure is not None and words in failure.message
    assert failure.evidence and failure.cure and not failure.retry


@pytest.mark.parametrize("told", [NONE, FAILED], ids=["no volume", "provisioner"])
def test_a_provisioner_that_tries_again_is_given_time_but_not_for_ever(told: dict[str, Any]) -> None:
    assert fault(claim(), [told], AT + 1) is None
    failure = fault(claim(), [told], AT + GRACE_SECONDS + 1)
    assert failure is not None and told["message"] in failure.message
    assert "kubernetes.pvc.storage_class" in failure.cure


def test_a_claim_that_many_nodes_may_write_is_told_from_one_that_a_single_node_may() -> None:
    assert is_shared(claim("Bound", "ReadWriteOnce", "ReadWriteMany"))
    assert not is_shared(claim("Bound", "ReadWriteOncePod")) and not is_shared(claim("Bound"))


def test_a_volume_that_does_not_come_is_told_with_what_was_last_said_of_it() -> None:
    waits = event("ExternalProvisioning", "Waiting for a volume to be created by example.com/nobody")
    failure = not_bound(claim(), [waits], 180)
    assert "has no volume after 180 s" in failure.message and failure.retry
    assert any("example.com/nobody" in line for line in failure.evidence)
