"""What a look at the cluster found before the run: errors refuse it, all at once; warnings go into its record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.findings import Finding, Severity
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.run.events import RunNote
from autotuner_core.run.journal import Recorder


def refuse_or_tell(findings: Sequence[Finding], recorder: Recorder) -> None:
    """Raises PreflightError with every error and its cure, and JournalWriteError."""
    for finding in findings:
        if finding.severity is Severity.WARNING:
            recorder.record(RunNote(text=_sentence(finding), level="warning", code=finding.code))
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if len(errors) == 1:
        raise PreflightError(errors[0].message, cure=errors[0].cure, cause=_cause(errors[0]))
    if errors:
        told = "; ".join(f"({number}) {_sentence(error)}" for number, error in enumerate(errors, start=1))
        raise PreflightError(
            f"{len(errors)} things are in the way in the cluster: {told}",
            cure="`autotuner-tui check --cluster` lists them.",
        )


def _cause(finding: Finding) -> FailureCause | None:
    return next((cause for cause in FailureCause if cause.value == finding.code), None)


def _sentence(finding: Finding) -> str:
    return ". ".join(word.rstrip(".") for word in (finding.message, finding.cure) if word)


@contextlib.contextmanager
def as_preflight() -> Iterator[None]:
    """Before anything has begun: what fails is what is missing. Raises PreflightError."""
    try:
        yield
    except KubeError as error:
        failure = as_failure(error, "prepare the run in the cluster")
        raise PreflightError(failure.message, cure=failure.cure, cause=failure.cause) from error
    except ExperimentFailure as failure:
        raise PreflightError(failure.message, cure=failure.cure, cause=failure.cause) from failure
