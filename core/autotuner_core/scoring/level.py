"""The judge of a level: its figures and its verdict, with the reason in words a person can check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.scoring.answers import ValidityLike
from autotuner_core.scoring.figures import LevelFigures, figures_of
from autotuner_core.scoring.rules import first_finding
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun
    from autotuner_core.run.events import LevelEnded


@dataclass(frozen=True)
class JudgedLevel:
    """A level with its verdict. `why` is the reason in words (empty for ok), `evidence` lines to check it by.

    `retry` is False where measuring again could only end the same.
    """

    index: int
    scenario: str
    concurrency: int
    verdict: Verdict
    why: str
    figures: LevelFigures
    evidence: tuple[str, ...] = ()
    retry: bool = True
    notes: tuple[str, ...] = ()

    @classmethod
    def of_event(cls, event: LevelEnded) -> JudgedLevel:
        """The judged level as the journal keeps it."""
        figures = LevelFigures(event.figures)
        return cls(
            event.level, event.scenario, event.concurrency, Verdict(event.verdict), event.why, figures,
            tuple(event.evidence), notes=tuple(event.notes),
        )  # fmt: skip


def judge(run: LevelRun, *, validity: ValidityLike, slo: Mapping[str, float], gpu_count: float = 0) -> JudgedLevel:
    """Judge a level that has ended. One that ended because it knew enough (`ended_by` precision, or slo: its SLO was
    lost for certain) is judged; one that was asked to end for another reason is cut."""
    figures = figures_of(run, slo=slo, gpu_count=gpu_count)
    finding = first_finding(run, figures, validity, slo)
    level, notes = run.level, run.notes
    if not run.timestamps:
        notes = (*notes, "figures of the whole level: requests have no times")
    if run.ended_by == "slo":
        count = int(figures.number("num_requests"))
        notes = (*notes, f"the miss by which it is ranked is that of {count} requests: a whole level's would be surer")
    return JudgedLevel(
        level.index, level.scenario, level.concurrency, finding.verdict, finding.why, figures, finding.evidence,
        finding.retry, notes,
    )  # fmt: skip


def higher_levels_to_skip(levels: Sequence[JudgedLevel], scenario: str, concurrency: int) -> JudgedLevel | None:
    """The judged level because of which one of this scenario and concurrency need not be run: a lower one that was
    overloaded already. None where it should be run."""
    return next(
        (
            level
            for level in levels
            if level.verdict.ends_scenario and level.scenario == scenario and level.concurrency < concurrency
        ),
        None,
    )
