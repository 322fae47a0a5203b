"""What is wrong with a text, and what it would do: made in a thread while a person types."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import Kind, LoadedTask, parse_task
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.engine_of_text import engine_of

if TYPE_CHECKING:
    from autotuner_core.engines.profile import Profile
    from autotuner_core.plan.plan import Plan


@dataclass(frozen=True)
class Examined:
    """Of `text`. `loaded` and `plan` only of a task that is none of the wrong ones; `findings` in the order of the
    file, those without a line first; `engine` may be told while the text is half typed."""

    text: str
    findings: tuple[Finding, ...]
    engine: Profile | None = None
    loaded: LoadedTask | None = None
    plan: Plan | None = None

    @property
    def errors(self) -> int:
        """How many there are; a task with any is not started."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)


def examined(text: str, kind: Kind, path: Path | None, arguments: Namespace) -> Examined:
    """All that can be told without a cluster. What this machine lacks for the run is an error, as it is for `run`."""
    from autotuner_tui.cli.start import findings_of_start
    from autotuner_tui.cli.task_file import planned

    engine = engine_of(text)
    try:
        loaded = parse_task(text, kind, path)
    except TaskError as error:
        return Examined(text, ordered((*error.findings, *error.remarks)), engine)
    try:
        plan = planned(loaded, arguments.direct, arguments.templates)
    except UserError as error:
        return Examined(text, (Finding(Severity.ERROR, error.message, cure=error.cure),), engine)
    return Examined(text, ordered(findings_of_start(plan)), engine, loaded, plan)


def with_cluster(
    arguments: Namespace, loaded: LoadedTask, plan: Plan, so_far: Callable[[tuple[Finding, ...]], None]
) -> tuple[Finding, ...]:
    """What the cluster has against a run of the plan. It is asked, and may take its time: `so_far` is called with what
    is known meanwhile, in the caller's thread."""
    from autotuner_tui.cli.cluster import cluster_findings

    try:
        return ordered(cluster_findings(arguments, loaded, plan, lambda findings: so_far(ordered(findings))))
    except UserError as error:
        return (Finding(Severity.ERROR, error.message, cure=error.cure),)


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """By line; within one the worst first."""
    worst = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    return tuple(sorted(findings, key=lambda one: (one.line or 0, worst.index(one.severity), one.column or 0)))


def travelling(loaded: LoadedTask) -> LoadedTask:
    """The task for its host: places in the file have been told and need not travel."""
    return replace(loaded, raw={}, marks=None)
