"""Why an attempt did not end with a score: one enum, shown everywhere, and the exception that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class FailureGroup(str, Enum):
    """Whom a failure is held against."""

    CONFIGURATION = "configuration"
    SURROUNDINGS = "surroundings"
    ACCESS = "access"


TROUBLES = (FailureGroup.SURROUNDINGS.value, FailureGroup.ACCESS.value, "failed")
"""How a run ends, or is paused, that is in trouble (`failed`: by the tuner itself): it has not come to its own end, and
what failed by the trouble is measured again."""


class FailureCause(str, Enum):
    """The single cause by which an attempt failed. The value is the word written to files."""

    REJECTED = "rejected"
    DOES_NOT_FIT = "does_not_fit"
    CRASH = "crash"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_READY_IN_TIME = "not_ready_in_time"
    OVERLOADED = "overloaded"

    ADMISSION_DENIED = "admission_denied"
    QUOTA = "quota"
    UNSCHEDULABLE = "unschedulable"
    IMAGE_PULL = "image_pull"
    MODEL_UNAVAILABLE = "model_unavailable"
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    PORT_FORWARD_LOST = "port_forward_lost"
    EVICTED = "evicted"
    NODE_LOST = "node_lost"
    STORAGE_FULL = "storage_full"
    STUCK_DELETION = "stuck_deletion"
    BENCHMARK_FAILED = "benchmark_failed"
    INVALID_MEASUREMENT = "invalid_measurement"
    INTERRUPTED = "interrupted"

    CREDENTIALS_EXPIRED = "credentials_expired"
    RIGHT_MISSING = "right_missing"
    API_UNREACHABLE = "api_unreachable"
    CONTROLLER_GONE = "controller_gone"
    NAMESPACE_GONE = "namespace_gone"

    @property
    def group(self) -> FailureGroup:
        """Whom it is held against: only `configuration` is told to the search, only `surroundings` is retried."""
        if self in _OF_THE_CONFIGURATION:
            return FailureGroup.CONFIGURATION
        if self in _OF_THE_ACCESS:
            return FailureGroup.ACCESS
        return FailureGroup.SURROUNDINGS


_OF_THE_CONFIGURATION = frozenset(
    {
        FailureCause.REJECTED,
        FailureCause.DOES_NOT_FIT,
        FailureCause.CRASH,
        FailureCause.OUT_OF_MEMORY,
        FailureCause.NOT_READY_IN_TIME,
        FailureCause.OVERLOADED,
    }
)
_OF_THE_ACCESS = frozenset(
    {
        FailureCause.CREDENTIALS_EXPIRED,
        FailureCause.RIGHT_MISSING,
        FailureCause.API_UNREACHABLE,
        FailureCause.CONTROLLER_GONE,
        FailureCause.NAMESPACE_GONE,
    }
)


class ExperimentFailure(Exception):
    """An attempt cannot go on, for one cause, with the evidence and the cure beside it.

    `evidence` are lines a person can check (log tail, exit code, event); `cure` says what to do, in a sentence.
    `retry` is False where the same would only happen again although the cause is one of the surroundings.
    """

    def __init__(
        self,
        cause: FailureCause,
        message: str,
        *,
        evidence: Sequence[str] = (),
        cure: str = "",
        retry: bool = True,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.evidence = tuple(evidence)
        self.cure = cure
        self.retry = retry and cause.group is FailureGroup.SURROUNDINGS


class PreflightError(Exception):
    """A run cannot begin: what is missing (`message`) and how to get it (`cure`). Nothing was started yet.
    `cause` is set where an experiment could fail by it too."""

    def __init__(self, message: str, *, cure: str = "", cause: FailureCause | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.cause = cause
