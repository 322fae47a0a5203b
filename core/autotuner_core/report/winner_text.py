"""What came out, in sentences: the best configuration against the baseline, ties, or how closely the SLO is missed."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.report import format as fmt
from autotuner_core.report.other_hardware import on_other_hardware
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.ranking_table import level_name
from autotuner_core.report.result import Result, difference
from autotuner_core.report.unsound import better_but_unsound, earlier_rejections

MOST_NUMBERS = 12
"""Of more experiments in a sentence only these are named."""


def winner_sentences(ranking: Ranking) -> list[str]:
    """The best result and how sure it is; where nothing meets the SLO the closest miss and the limit that binds."""
    if (best := ranking.best) is not None:
        return [
            *(_best(best), *_rejections(best), *better_but_unsound(ranking, best)),
            *on_other_hardware(ranking, best),
            *(*_ties(ranking, best), *_against_baseline(ranking, best), *_whole_levels(ranking)),
        ]
    if (closest := ranking.closest) is not None:
        words = ["No configuration meets the SLO.", _closest(ranking, closest), *_rejections(closest)]
        return [*words, *_whole_levels(ranking)]
    return ["No configuration was scored."] if ranking.results else ["No experiment has come to an end yet."]


def _best(best: Result) -> str:
    return f"Best: experiment {best.id}, {fmt.parameters(best.experiment.parameters)}: {_score(best)}."


def _rejections(result: Result) -> list[str]:
    said = earlier_rejections(result)
    return [f"It was {said}."] if said else []


def _score(result: Result) -> str:
    score = fmt.metric(result.score, result.objective.metric)
    if result.half_width and result.score:
        noise = fmt.noise(result.half_width, result.score, result.objective.metric)
        score += f" ({noise} within its measurement)"
    level = level_name(result)
    return f"{score} at {level}" if level else score


def _ties(ranking: Ranking, best: Result) -> list[str]:
    if not ranking.tied:
        return []
    numbers = _numbers(ranking.tied)
    which = f"experiments {numbers} are" if len(ranking.tied) > 1 else f"experiment {numbers} is"
    return [f"A tie: {which} as good as experiment {best.id} within the noise of measurement (95 %)."]


def _numbers(results: Sequence[Result]) -> str:
    """`3, 1, 7`; of many the first ones and how many more there are."""
    more = len(results) - MOST_NUMBERS
    if more <= 1:
        return ", ".join(str(result.id) for result in results)
    return f"{', '.join(str(result.id) for result in results[:MOST_NUMBERS])} and {more} more"


def _against_baseline(ranking: Ranking, best: Result) -> list[str]:
    baseline = ranking.baseline
    if baseline is None:
        return []
    if baseline.id == best.id:
        return ["That is the baseline: nothing tried was better."]
    change = difference(best, baseline)
    if change is None or not baseline.score:
        return [f"The baseline (experiment {baseline.id}) has no score to compare with."]
    metric = ranking.objective.metric
    share = fmt.percent(change[0] / baseline.score, signed=True)
    words = f"{share} ± {fmt.percent(change[1] / abs(baseline.score))}"
    against = f"Against the baseline (experiment {baseline.id}, {fmt.metric(baseline.score, metric)}): {words}"
    if not baseline.feasible:
        return [f"{against}; the baseline misses the SLO by {fmt.percent(baseline.miss)}."]
    return [f"{against}, which is within the noise." if abs(change[0]) <= change[1] else f"{against}."]


def _whole_levels(ranking: Ranking) -> list[str]:
    """Results whose requests had no times: said, and not compared with others."""
    if ranking.apart:
        numbers = _numbers(ranking.apart)
        why = "whose figures are of whole levels and cannot be compared with these"
        return [f"Not ranked: experiments {numbers}, {why}."]
    if any(result.of_whole_levels for result in ranking.ranked):
        return ["These are figures of whole levels (requests have no times): ramp-up and end are in them."]
    return []


def _closest(ranking: Ranking, closest: Result) -> str:
    ended = closest.attempt.ended if closest.attempt else None
    limit = ended.binding_limit if ended else None
    which = f"Closest: experiment {closest.id}, {fmt.parameters(closest.experiment.parameters)}: {_score(closest)}"
    text = f"{which}; it misses by {fmt.percent(closest.miss)} (sum over the limits)"
    value = _at_deciding_level(closest, limit) if limit else None
    if limit is None or value is None:
        return f"{text}."
    asked = fmt.metric(ranking.slo.get(limit), limit)
    return f"{text}. The limit that binds: {limit} is {fmt.metric(value, limit)} where {asked} is asked."


def _at_deciding_level(result: Result, metric: str) -> float | None:
    """The metric at the level that decides: `metrics` are a mean where all levels count."""
    from autotuner_core.scoring.metrics import metric_value

    number = result.attempt.ended.deciding_level if result.attempt and result.attempt.ended else None
    level = result.attempt.levels.get(number) if result.attempt and number is not None else None
    return metric_value(level.ended.figures, metric) if level and level.ended else result.metric(metric)
