"""The rules by which a level is judged: each looks at one thing and says what it found, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from autotuner_core.scoring import answers
from autotuner_core.scoring.answers import Finding, ValidityLike
from autotuner_core.scoring.client import client_bound
from autotuner_core.scoring.slo import excesses, unmeasured
from autotuner_core.scoring.standstill import stood_still
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.scoring.wanted import requests_wanted
from autotuner_core.scoring.window import STEADY_SHARE, most_in_flight

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun
    from autotuner_core.scoring.figures import LevelFigures

LENGTH_TOLERANCE = 0.02
"""How far the mean output may be from what a D scenario asked, as a share."""

_FIXED_LENGTHS = re.compile(r"D\(\s*(\d+)\s*,\s*(\d+)\s*\)")


def first_finding(run: LevelRun, figures: LevelFigures, validity: ValidityLike, slo: Mapping[str, float]) -> Finding:
    """The first rule that applies. What explains the others comes first: a cut or failing level has no length, no
    steadiness and no latency worth a word, and a load generator that comes too late reads in one piece what was
    streamed."""
    return (
        _cut(run)
        or answers.errors(run, figures, validity)
        or answers.no_output(run, figures)
        or answers.empty(run, figures, validity)
        or stood_still(run)
        or client_bound(run, figures)
        or answers.not_streamed(run)
        or _slo_lost_early(run, figures, slo)
        or _wrong_length(run, figures)
        or _not_steady(run, figures, validity)
        or _slo(figures, slo)
    )


def _cut(run: LevelRun) -> Finding | None:
    if run.ended_by == "died":
        return Finding(Verdict.CUT, "the engine died in the middle of the level")
    if run.ended_by == "asked":
        return Finding(Verdict.CUT, "it was asked to end before it could be judged")
    return None


def _slo_lost_early(run: LevelRun, figures: LevelFigures, slo: Mapping[str, float]) -> Finding | None:
    if run.ended_by != "slo":
        return None
    why = f"ended early, its SLO was lost for certain after {figures.number('num_requests'):.0f} requests"
    return Finding(Verdict.SLO_MISSED, why + _excess_words(figures, slo, "; "))


def _wrong_length(run: LevelRun, figures: LevelFigures) -> Finding | None:
    asked = _FIXED_LENGTHS.fullmatch(run.level.scenario.strip())
    mean_length = figures.number("mean_output_tokens")
    if asked is None or not mean_length:
        return None
    length = int(asked[2])
    if abs(mean_length - length) <= LENGTH_TOLERANCE * length:
        return None
    why = f"answers had {mean_length:.4g} tokens on average where {run.level.scenario} asks {length}"
    return Finding(Verdict.WRONG_LENGTH, why, retry=False)


def _not_steady(run: LevelRun, figures: LevelFigures, validity: ValidityLike) -> Finding | None:
    asked = run.level.concurrency
    if run.timestamps and not figures.of_window:
        most = most_in_flight(run)
        return Finding(Verdict.NOT_STEADY, f"{asked} requests were never in flight at once, at most {most} were")
    held = figures.number("concurrency")
    if run.timestamps and held < STEADY_SHARE * asked:
        why = (
            f"on average {held:.4g} of {asked} requests were in flight: less than {STEADY_SHARE:.0%}, by pauses between"
        )
        return Finding(Verdict.NOT_STEADY, why)
    wanted, had = requests_wanted(validity.min_requests, run.level.max_requests), int(figures.number("num_requests"))
    if had >= wanted:
        return None
    why = f"{had} requests ended while {asked} were in flight; {wanted} are wanted"
    return Finding(Verdict.NOT_STEADY, f"{why} (the level ended by its limit of {_limit(run)})", retry=False)


def _limit(run: LevelRun) -> str:
    level = run.level
    return f"{level.max_requests} requests" if run.ended_by == "requests" else f"{level.max_seconds:.4g} s"


def _slo(figures: LevelFigures, slo: Mapping[str, float]) -> Finding:
    if absent := unmeasured(figures.values, slo):
        why = f"no figure for {', '.join(absent)}, which the SLO limits"
        return Finding(Verdict.UNMEASURED, why, retry=False)
    if words := _excess_words(figures, slo):
        return Finding(Verdict.SLO_MISSED, words)
    return Finding(Verdict.OK, "")


def _excess_words(figures: LevelFigures, slo: Mapping[str, float], before: str = "") -> str:
    words = [f"{e.metric} {e.value:.3g} is above {e.limit:.3g}" for e in excesses(figures.values, slo)]
    return before + ", ".join(words) if words else ""
