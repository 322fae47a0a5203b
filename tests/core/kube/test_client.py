"""What the client does with an API server that is busy, away, or says no."""

from __future__ import annotations

import pytest
from api_server import serving, status

from autotuner_core.failures import FailureCause
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import CONFIG_MAP, INFERENCE_SERVICE, NAMESPACE, POD

BUSY = status(429, "TooManyRequests", "slow down", Retry_After="1")
NO_WEBHOOK = status(500, "InternalError", 'failed calling webhook "x": tls: unable to load root certificates')
DONE = (200, {"metadata": {"name": "a"}}, {})


def test_what_a_busy_server_refuses_for_a_moment_is_asked_again_and_told() -> None:
    with serving(BUSY, BUSY, NO_WEBHOOK, (0, None, {}), status(503, "x", "starting"), DONE) as (server, client, told):
        assert client.create(CONFIG_MAP, {"metadata": {"name": "a"}}, "ns") == DONE[1]
        assert len(server.asked) == 6 and "fieldValidation=Strict" in server.asked[0]
    for line, word in zip(told, ("slow down", "root certificates", "does not answer", "starting"), strict=True):
        assert word in line


def test_a_quota_that_others_write_too_is_no_refusal() -> None:
    words = 'Operation cannot be fulfilled on resourcequotas "gpus": the object has been modified'
    with serving(status(409, "Conflict", words), DONE) as (_, client, _):
        assert client.create(CONFIG_MAP, {"metadata": {"name": "a"}}, "ns") == DONE[1]


def test_the_pause_that_the_server_asks_for_is_kept() -> None:
    waited: list[float] = []
    with serving(status(429, "TooManyRequests", "slow", Retry_After="7"), DONE) as (_, client, _):
        client.patient(wait=waited.append).get(POD, "p", "ns")
    assert waited == [7]


def test_a_page_of_a_proxy_is_not_taken_for_an_answer() -> None:
    with serving((200, ["<html>please log in</html>"], {})) as (_, client, _):
        with pytest.raises(KubeError, match="is a proxy between"):
            client.get(POD, "p", "ns")


def test_what_would_be_refused_again_is_asked_once() -> None:
    with serving(status(422, "Invalid", "no")) as (server, client, told):
        with pytest.raises(KubeError, match="no"):
            client.create(CONFIG_MAP, {}, "ns")
        assert len(server.asked) == 1 and not told


def test_a_wait_that_is_interrupted_ends_the_retries() -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with serving(BUSY, BUSY) as (server, client, _):
        with pytest.raises(KeyboardInterrupt):
            client.patient(wait=interrupted).get(POD, "p", "ns")
        assert len(server.asked) == 1


def test_a_list_of_many_pages_is_whole() -> None:
    first = (200, {"items": [{"a": 1}], "metadata": {"continue": "more", "resourceVersion": "7"}}, {})
    last = (200, {"items": [{"a": 2}], "metadata": {"resourceVersion": "7"}}, {})
    with serving(first, last) as (server, client, _):
        assert client.list(POD, "ns", labels="x=y") == ([{"a": 1}, {"a": 2}], "7")
        assert "continue=more" in server.asked[1] and "labelSelector=x%3Dy" in server.asked[1]


def test_an_object_that_is_not_there_is_none_and_a_namespace_that_is_not_there_is_told() -> None:
    absent, gone = status(404, "NotFound", 'pods "p" not found'), status(404, "NotFound", 'namespaces "ns" not found')
    with serving(absent, gone, gone, absent) as (_, client, _):
        assert client.get(POD, "p", "ns") is None
        assert client.get(NAMESPACE, "ns") is None
        with pytest.raises(KubeError):
            client.get(POD, "p", "ns")
        assert client.delete(POD, "p", "ns") is False


@pytest.mark.parametrize(
    ("error", "cause", "word"),
    [
        (KubeError(None, "", "no route to host"), FailureCause.API_UNREACHABLE, "reachable"),
        (KubeError(401, "Unauthorized", "Unauthorized"), FailureCause.CREDENTIALS_EXPIRED, "Log in"),
        (KubeError(404, "NotFound", 'namespaces "ns" not found'), FailureCause.NAMESPACE_GONE, "namespace"),
        (
            KubeError(403, "Forbidden", "unable to create new content in namespace x because it is being terminated"),
            FailureCause.NAMESPACE_GONE,
            "being deleted",
        ),
        (
            KubeError(500, "InternalError", 'failed calling webhook "x": connection refused'),
            FailureCause.CONTROLLER_GONE,
            "ome-controller-manager",
        ),
        (
            KubeError(403, "Forbidden", 'x is forbidden: User "ann" cannot create resource "inferenceservices" in ...'),
            FailureCause.RIGHT_MISSING,
            "granted to ann: `kubectl auth can-i create inferenceservices`",
        ),
        (
            KubeError(
                403,
                "Forbidden",
                'pods "p" is forbidden: User "ann" cannot get resource "pods/log" in API group "" in the namespace "n"',
            ),
            FailureCause.RIGHT_MISSING,
            "`kubectl auth can-i get pods --subresource=log -n n`",
        ),
        (
            KubeError(
                403,
                "Forbidden",
                'x is forbidden: User "ann" cannot delete resource "jobs" in API group "batch" in the namespace "n"',
            ),
            FailureCause.RIGHT_MISSING,
            "`kubectl auth can-i delete jobs.batch -n n`",
        ),
        (
            KubeError(403, "Forbidden", 'pods is forbidden: User "system:anonymous" cannot list resource "pods"'),
            FailureCause.CREDENTIALS_EXPIRED,
            "Log in",
        ),
        (KubeError(404, "HTTP 404", "404 page not found"), FailureCause.CONTROLLER_GONE, "OME installed"),
        (
            KubeError(None, "Unreachable", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed"),
            FailureCause.API_UNREACHABLE,
            "certificate-authority",
        ),
    ],
)
def test_every_no_has_its_cause_and_its_cure(error: KubeError, cause: FailureCause, word: str) -> None:
    failure = as_failure(error, "remove the InferenceService a")
    assert failure.cause is cause and word in failure.cure
    assert error.message in failure.message and failure.evidence


def test_a_tokens_end_is_met_by_a_new_login() -> None:
    with serving(status(401, "Unauthorized", "expired"), DONE) as (server, client, _):
        assert client.get(INFERENCE_SERVICE, "a", "ns") == DONE[1]
        assert len(server.asked) == 2
