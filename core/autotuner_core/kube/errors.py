"""What an API server answers when it does not do what was asked, and what that means for an experiment."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from autotuner_core.failures import ExperimentFailure, FailureCause

UNREACHABLE = "Unreachable"
"""The reason of an error without an answer: no connection, or none in time."""
NAMESPACE_CURE = (
    "Where the namespace is being deleted, wait for its end; make it again (kubectl create namespace NAME) and resume "
    "the run, or name another."
)


_FOR_A_MOMENT = (
    (409, "Operation cannot be fulfilled on resourcequotas"),  # several pods at once under one quota
    (403, "not yet ready to handle request"),  # an API server that has just started
    (403, "status unknown for quota"),  # one that was made a moment ago
)


class KubeError(Exception):
    """An answer that is none. `status` is the HTTP status (None: there was no answer), `reason` the word of the API
    (NotFound, AlreadyExists, Forbidden, Invalid, ...), `causes` the fields that are wrong, a line each, `retry_after`
    the pause in seconds that the server asks for."""

    def __init__(
        self, status: int | None, reason: str, message: str, causes: Sequence[str] = (), retry_after: float = 0.0
    ) -> None:
        super().__init__(f"{message} ({status or reason})")
        self.status, self.reason, self.message = status, reason, message
        self.causes, self.retry_after = tuple(causes), retry_after

    @property
    def worth_retrying(self) -> bool:
        """Whether the same may well be answered in a moment."""
        if self.status is None or self.status == 429 or self.status >= 500:
            return True
        return any(self.status == status and words in self.message for status, words in _FOR_A_MOMENT)

    @property
    def is_conflict(self) -> bool:
        """Whether there is one of that name already, or it is another one by now."""
        return self.status == 409

    @property
    def lacks_right(self) -> bool:
        """Whether who asks may not do that at all."""
        return self.status == 403 and re.search(r'User "[^"]*" cannot \w+', self.message) is not None

    @property
    def refuses_object(self) -> bool:
        """Whether the object is refused as it is: by its schema, a webhook, a quota or a policy."""
        refused = self.status in (400, 403, 422)
        return refused and not (self.lacks_right or _is_in_a_namespace_that_ends(self))


def error_of(status: int, body: bytes, retry_after: str | None = None) -> KubeError:
    """The error in an answer's body: a Status object as a rule, text from a proxy now and then."""
    text = body.decode("utf-8", "replace").strip()
    try:
        said: Any = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return KubeError(status, f"HTTP {status}", " ".join(text.split())[:500] or f"HTTP status {status}")
    details = said.get("details") or {}
    pause = (
        float(retry_after) if retry_after and retry_after.isdecimal() else float(details.get("retryAfterSeconds") or 0)
    )
    causes = [
        f"{cause.get('field', '')}: {cause.get('message', '')}".strip(": ") for cause in details.get("causes", ())
    ]
    return KubeError(
        status, str(said.get("reason") or f"HTTP {status}"), str(said.get("message") or text)[:4000], causes, pause
    )


def as_failure(error: KubeError, doing: str) -> ExperimentFailure:
    """The failure of an experiment by this error; `doing` says what was tried, as "remove the InferenceService x"."""
    cause, cure, retry = _meaning(error)
    message = f"could not {doing}: {error.message}"
    return ExperimentFailure(cause, message, evidence=evidence_of(error), cure=cure, retry=retry)


def evidence_of(error: KubeError) -> list[str]:
    """What was answered, and the fields that are wrong."""
    first = (
        f"the API server answered {error.status} {error.reason}" if error.status else "the API server did not answer"
    )
    return [first, *error.causes]


def _meaning(error: KubeError) -> tuple[FailureCause, str, bool]:
    """Cause, cure, and whether trying again is of use."""
    if error.status is None or error.status == 429 or error.status >= 500:
        return _away(error)
    text = error.message
    if error.status == 401 or _is_anonymous(error):
        cure = "Log in to the cluster again (kubectl get pods shows whether it works)."
        return FailureCause.CREDENTIALS_EXPIRED, cure, True
    if _is_in_a_namespace_that_ends(error):
        return FailureCause.NAMESPACE_GONE, NAMESPACE_CURE, True
    if error.status == 404 and re.search(r'namespaces "[^"]+" not found', text):
        return FailureCause.NAMESPACE_GONE, NAMESPACE_CURE, True
    if error.status == 404 and error.reason != "NotFound":  # in plain text: no such path
        cure = "Is OME installed? kubectl get crd inferenceservices.ome.io; kubectl -n ome get pods"
        return FailureCause.CONTROLLER_GONE, cure, True
    if error.lacks_right:
        return FailureCause.RIGHT_MISSING, _cure_of_missing_right(text), True
    return FailureCause.ADMISSION_DENIED, _DENIED, False


def _away(error: KubeError) -> tuple[FailureCause, str, bool]:
    if "failed calling webhook" in error.message:
        cure = "OME's controller is away: kubectl -n ome get pods; kubectl -n ome logs deploy/ome-controller-manager"
        return FailureCause.CONTROLLER_GONE, cure, True
    if "certificate verify failed" in error.message:
        cure = "The kubeconfig's certificate-authority is not that of the server, or a proxy between breaks TLS open."
        return FailureCause.API_UNREACHABLE, cure, True
    cure = "Look whether the API server is up and reachable from here: kubectl get --raw /readyz"
    return FailureCause.API_UNREACHABLE, cure, True


_DENIED = "The cluster refuses this as it is; what it names must be changed in the task or in the cluster."


def _is_anonymous(error: KubeError) -> bool:
    return error.status == 403 and 'User "system:anonymous" cannot' in error.message


def _is_in_a_namespace_that_ends(error: KubeError) -> bool:
    return error.status == 403 and "being terminated" in error.message


_MISSING_RIGHT = re.compile(
    r'User "(?P<who>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"/]*)(?:/(?P<part>[^"]*))?"'
    r'(?: in API group "(?P<group>[^"]*)")?(?: in the namespace "(?P<namespace>[^"]*)")?'
)


def _cure_of_missing_right(text: str) -> str:
    """With the question to ask, once the right is said to be there."""
    found = _MISSING_RIGHT.search(text)
    if found is None:
        return "Have the right granted: `autotuner-tui check --cluster` lists what is missing."
    what = ".".join(filter(None, (found["resource"], found["group"])))
    words = ["kubectl auth can-i", found["verb"], what]
    words += [f"--subresource={found['part']}"] if found["part"] else []
    words += [f"-n {found['namespace']}"] if found["namespace"] else []
    return (
        f"Have the right granted to {found['who']}: `{' '.join(words)}` says whether it has it, `autotuner-tui check "
        "--cluster` what else is missing."
    )
