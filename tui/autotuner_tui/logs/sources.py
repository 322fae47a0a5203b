"""Which logs a run has: the engine's and the benchmark's of each attempt, and the tuner's own: what
happened, and what its process says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState


@dataclass(frozen=True)
class Source:
    """`group`: the attempt it is of, where there are several; `empty`: what stands there until it has text."""

    group: str
    name: str
    path: Path
    empty: str


def sources_of(folder: RunFolder, experiment: int | None, attempts: Sequence[int]) -> list[Source]:
    """Those of an experiment's attempts, the last one first, then the tuner's. Without attempts: where those of the
    first one will be."""
    found: list[Source] = []
    if experiment is not None:
        for attempt in sorted(attempts or [1], reverse=True):
            group = f"attempt {attempt}" if max(attempts or [1]) > 1 else ""
            found += _of_attempt(folder, experiment, attempt, group)
    return [
        *found,
        Source("", "tuner", folder.journal, "What happens in the run will stand here, in words."),
        Source("", "host", folder.host_log, "What the run's own process warns of will stand here."),
    ]


def _of_attempt(folder: RunFolder, experiment: int, attempt: int, group: str) -> Iterator[Source]:
    where = folder.attempt(experiment, attempt)
    for name, when in (("engine", "its server is started"), ("benchmark", "it is measured")):
        empty = f"The {name}'s log of experiment {experiment} will stand here once {when}."
        yield Source(group, name, where / f"{name}.log", empty)


def heading(experiment: int | None) -> str:
    """Whose logs they are."""
    return f"exp {experiment}" if experiment is not None else ""


def attempts_of(state: RunState, experiment: int | None) -> list[int]:
    """The numbers of its attempts, in their order."""
    known = state.experiments.get(experiment) if experiment is not None else None
    return [attempt.attempt for attempt in known.attempts] if known is not None else []
