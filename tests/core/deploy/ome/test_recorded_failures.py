"""What the real OME was recorded to do, played back record by record: the first that shows it gives the verdict."""

from __future__ import annotations

import pytest

from autotuner_core.deploy.ome.diagnosis import InGrace, Verdict, diagnose, not_ready_in_time, refused
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause
from recorded_service import VERSIONS, asking, cases, node, played, records

LOG = "INFO loading\nlaunch_server.py: error: unrecognized arguments: --chunk 5\n"


def first_failure(version: str, case: str, **view: object) -> tuple[dict[str, object], ExperimentFailure] | None:
    for record, playback in played(version, case, containers=[asking(16)] if "unschedulable" in case else [asking(1)]):
        found = diagnose(playback.view(**view))
        if isinstance(found, ExperimentFailure):
            return record, found
    return None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["isvc-crash", "isvc-oomkilled", "isvc-image-missing", "isvc-unschedulable"])
def test_a_failure_waits_for_more_than_the_first_record_that_shows_it(version: str, case: str) -> None:
    """Of each case: the words in the first record that show it, and the cause."""
    shows, cause = {
        "isvc-crash": ('"Error"', Cause.CRASH),
        "isvc-oomkilled": ('"OOMKilled"', Cause.OUT_OF_MEMORY),
        "isvc-image-missing": ('"ErrImagePull"', Cause.IMAGE_PULL),
        "isvc-unschedulable": ('"Unschedulable"', Cause.DOES_NOT_FIT),
    }[case]
    all_records = [record for record in records(version, case) if record["kind"] == "Pod"]
    first = next(record for record in all_records if shows in str(record).replace("'", '"'))
    found = first_failure(version, case)
    assert found is not None
    record, failure = found
    assert record == first
    assert failure.cause is cause
    assert failure.evidence and failure.cure


@pytest.mark.parametrize("version", VERSIONS)
def test_a_crash_does_not_say_what_the_engine_said(version: str) -> None:
    found = first_failure(version, "isvc-crash", logs=lambda pod, container, previous: LOG)
    assert found is not None
    assert found[1].cause is Cause.REJECTED
    assert "--chunk 5" in found[1].message
    assert "error: unrecognized arguments" in found[1].evidence[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_image_that_cannot_be_pulled_is_not_named_with_the_reason(version: str) -> None:
    found = first_failure(version, "isvc-image-missing")
    assert found is not None
    assert "no such host" in found[1].message or "lookup" in found[1].message
    assert "registry" in found[1].cure


@pytest.mark.parametrize("version", VERSIONS)
def test_a_healthy_service_is_given_up(version: str) -> None:
    healthy = [case for case in cases(version) if "healthy" in case]
    assert healthy
    for case in healthy:
        for record, playback in played(version, case):
            assert diagnose(playback.view()) is None, record


@pytest.mark.parametrize("version", VERSIONS)
def test_an_engine_that_never_answers_is_given_up_before_its_probe_has_given_it_up(version: str) -> None:
    killing = [one for one in records(version, "isvc-never-ready") if one.get("reason") == "Killing"]
    found = first_failure(version, "isvc-never-ready")
    if not killing:
        assert found is None
    else:
        assert found is not None
        assert found[0] == killing[0]
        assert found[1].cause is Cause.NOT_READY_IN_TIME
    last = [playback for record, playback in played(version, "isvc-never-ready") if record != killing[:1]][-1]
    failure = not_ready_in_time(last.view(), 80, "connection refused")
    assert failure.cause is Cause.NOT_READY_IN_TIME
    assert any("Startup probe failed" in line for line in failure.evidence)


def test_an_unknown_runtime_is_waited_for() -> None:
    found = first_failure("1.2.2", "isvc-runtime-missing")
    assert found is not None
    record, failure = found
    assert record["reason"] == "RuntimeValidationError"
    assert failure.cause is Cause.ADMISSION_DENIED and not failure.retry
    assert "no-such-runtime not found" in failure.message
    assert "-n autotuner" in failure.cure


def test_a_model_that_does_not_exist_is_waited_for_until_the_engines_time_is_up() -> None:
    *_, (_, playback) = played("1.2.2", "isvc-model-missing")
    assert diagnose(playback.view()) is None
    playback.now += 40
    found = diagnose(playback.view())
    assert isinstance(found, ExperimentFailure)
    assert "kubectl get clusterbasemodels" in found.cure


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pod_that_fits_once_others_have_gone_is_given_up_at_once(version: str) -> None:
    verdicts: list[Verdict] = []
    busy = {"spec": {"nodeName": "node-1", "containers": [asking(6)]}, "status": {"phase": "Running"}}
    for _, playback in played(version, "isvc-unschedulable", containers=[asking(4)]):
        verdicts.append(diagnose(playback.view(nodes=[node()], cluster_pods=[busy])))
    assert not any(isinstance(verdict, ExperimentFailure) for verdict in verdicts)
    last = verdicts[-1]
    assert isinstance(last, InGrace) and last.until is not None
    assert "needs 4 nvidia.com/gpu, largest node has 2 free" in last.message
    playback.now = last.until
    after = diagnose(playback.view(nodes=[node()], cluster_pods=[busy]))
    assert isinstance(after, ExperimentFailure) and after.cause is Cause.UNSCHEDULABLE
    assert "largest node has 2 free" in after.message


ANSWERED = [
    (record["sent"], record["answer"].partition(" | ")[2])
    for record in records("1.2.2")
    if record["kind"] == "request" and record["answer"].startswith("403")
]


@pytest.mark.parametrize(("sent", "answer"), ANSWERED)
def test_a_refusal_of_omes_webhook_has_no_cure(sent: str, answer: str) -> None:
    failure = refused(answer, "the InferenceService was refused", namespace="autotuner")
    assert failure.cause in (Cause.ADMISSION_DENIED, Cause.MODEL_UNAVAILABLE)
    assert (failure.cause is Cause.MODEL_UNAVAILABLE) == ("model" in sent and "no model" not in sent)
    assert "admission webhook" not in failure.message
    assert failure.cure and not failure.retry
