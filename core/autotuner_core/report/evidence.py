"""By what a person checks a failure: the telling lines of its evidence, and where the log is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.failures import FailureCause
from autotuner_core.report import format as fmt
from autotuner_core.run.folder import RunFolder

if TYPE_CHECKING:
    from autotuner_core.run.events import AttemptEnded
    from autotuner_core.run.run_state import RunState

LONGEST = 300
_IN_THE_ENGINES_LOG = frozenset(
    cause.value
    for cause in (
        FailureCause.REJECTED,
        FailureCause.CRASH,
        FailureCause.OUT_OF_MEMORY,
        FailureCause.NOT_READY_IN_TIME,
        FailureCause.OVERLOADED,
        FailureCause.MODEL_UNAVAILABLE,
    )
)


def telling_lines(ended: AttemptEnded) -> list[str]:
    """At most two lines of the evidence: the one that the cause was told by, which stands behind how the engine ended
    (deploy.local.diagnosis), and the last one; those that the message says already are left out."""
    lines = [fmt.one_line(line) for line in ended.evidence]
    chosen = [line for line in dict.fromkeys((*lines[1:2], *lines[-1:])) if line and line not in ended.message]
    return [line if len(line) <= LONGEST else line[: LONGEST - 1] + "…" for line in chosen]


def log_of(state: RunState, ended: AttemptEnded) -> str:
    """The log that tells more, relative to the results folder; empty where none does."""
    folder = RunFolder(Path(str(state.task.get("task_name", ""))) / state.run_id)
    attempt = folder.attempt(ended.experiment, ended.attempt)
    if ended.cause in _IN_THE_ENGINES_LOG:
        return str(attempt / "engine.log")
    return str(attempt / "benchmark.log") if ended.cause == FailureCause.BENCHMARK_FAILED.value else ""
