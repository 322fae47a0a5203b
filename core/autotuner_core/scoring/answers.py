"""The rules about what came back: were there answers, with output, streamed, and few enough errors among them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from autotuner_core.scoring.errors import (
    every_request_refused,
    mostly_invalid_answers,
    nobody_was_there,
    worst_errors,
)
from autotuner_core.scoring.request import answered, came_at_once
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun
    from autotuner_core.scoring.figures import LevelFigures


class ValidityLike(Protocol):
    """The task's `benchmark.validity`."""

    @property
    def max_error_rate(self) -> float: ...
    @property
    def min_requests(self) -> int: ...


@dataclass(frozen=True)
class Finding:
    """What a rule found: the verdict and why. `retry` is False where measuring again could only end the same."""

    verdict: Verdict
    why: str
    evidence: tuple[str, ...] = ()
    retry: bool = True


def errors(run: LevelRun, figures: LevelFigures, validity: ValidityLike) -> Finding | None:
    """More errors than allowed, told by what kind they are of."""
    rate = figures.number("error_rate")
    if rate <= validity.max_error_rate:
        return None
    evidence = worst_errors(run.rows)
    failed = int(figures.number("num_errors"))
    if nobody_was_there(run.rows):
        return Finding(Verdict.UNREACHABLE, f"none of {failed} requests found the engine: {evidence[0]}", evidence)
    if every_request_refused(run.rows):
        return Finding(Verdict.REFUSED, f"all {failed} requests were refused: {evidence[0]}", evidence, retry=False)
    share = "every request" if rate == 1 else f"{rate:.0%} of the requests"
    why = f"{share} failed ({failed}; up to {validity.max_error_rate:.0%} is allowed): {evidence[0]}"
    if mostly_invalid_answers(run.rows):
        return Finding(Verdict.NO_OUTPUT, why, evidence, retry=False)
    return Finding(Verdict.OVERLOADED, why, evidence)


def no_output(run: LevelRun, figures: LevelFigures) -> Finding | None:
    """Not one answer: they were empty, too slow to end, or never came."""
    if any(answered(row) for row in run.rows):
        return None
    seconds = f"{run.seconds:.3g} s"
    if blank := int(figures.number("num_empty")):
        return Finding(Verdict.NO_OUTPUT, f"{blank} requests ended well but without a token of output", retry=False)
    if any(row.chunks for row in run.rows):
        why = f"no request came to its end within {seconds}, although output was streaming"
        return Finding(Verdict.NOT_STEADY, why, retry=False)
    if run.rows:
        return Finding(Verdict.NO_OUTPUT, f"the engine took {len(run.rows)} requests and answered none in {seconds}")
    return Finding(Verdict.NO_OUTPUT, f"no request was sent in {seconds}")


def empty(run: LevelRun, figures: LevelFigures, validity: ValidityLike) -> Finding | None:
    """Some answers are empty: as many as errors are allowed are passed over."""
    blank, whole = figures.number("num_empty"), sum(answered(row) for row in run.rows)
    if blank <= validity.max_error_rate * (blank + whole):
        return None
    why = f"{blank:.0f} of {blank + whole:.0f} answers had no token of output"
    return Finding(Verdict.NO_OUTPUT, why, retry=False)


def not_streamed(run: LevelRun) -> Finding | None:
    """Most answers came in one piece."""
    whole = [row for row in run.rows if answered(row)]
    at_once = sum(came_at_once(row) for row in whole)
    if at_once * 2 <= len(whole):
        return None
    who = "the engine does not stream, or something between buffers"
    why = f"{who}: {at_once} of {len(whole)} answers came in one piece"
    return Finding(Verdict.NOT_STREAMED, why, retry=False)
