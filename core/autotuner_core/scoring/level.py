"""The judge of a level: its figures and its verdict, with the reason in words a person can check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autotuner_core.scoring.answers import ValidityLike
from autotuner_core.scoring.figures import LevelFigures, figures_of
from autotuner_core.scoring.rules import EndedEarly, first_finding
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
        return cls(event.level, event.scenario, event.concurrency, Verdict(event.verdict), event.why, figures)


def judge(
    run: LevelRun,
    *,
    validity: ValidityLike,
    slo: Mapping[str, float],
    gpu_count: float = 0,
    ended_early: EndedEarly | None = None,
) -> JudgedLevel:
    """Judge a level that has ended.

    `ended_early` says why the level was asked to end, where it was for a reason of the measurement: `slo` (its SLO
    was lost for certain) or `precision` (its figures were known well enough). Without it, one that was asked is cut.
    """
    figures = figures_of(run, slo=slo, gpu_count=gpu_count)
    finding = first_finding(run, figures, validity, slo, ended_early)
    level = run.level
    notes = run.notes if run.timestamps else (*run.notes, "figures of the whole level: requests have no times")
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
