"""The score of an attempt and who is better: the wrong answer here is the wrong winner."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import LevelEnded
from autotuner_core.scoring.better import better, rank, tie
from autotuner_core.scoring.figures import LevelFigures
from autotuner_core.scoring.level import JudgedLevel
from autotuner_core.scoring.objective import Objective, objective_from_json, slo_from_json
from autotuner_core.scoring.score import AttemptScore, score_attempt
from autotuner_core.scoring.verdict import Verdict

THROUGHPUT = objective_from_json("maximize_throughput")
LATENCY = objective_from_json("minimize_latency")
SLO = {"ttft.p95": 0.5, "tpot.p90": 0.05}


def level(
    index: int,
    verdict: Verdict = Verdict.OK,
    rate: float = 100.0,
    latency: float = 1.0,
    retry: bool = True,
    **more: float,
) -> JudgedLevel:
    values = {"output_throughput": rate, "e2e_latency.mean": latency, "ttft.p95": 0.1, "tpot.p90": 0.01}
    values |= {name.replace("__", "."): value for name, value in more.items()}
    return JudgedLevel(index, "D(100,100)", 2**index, verdict, "why", LevelFigures(values), retry=retry)


def failure(levels: list[JudgedLevel], objective: Objective = THROUGHPUT) -> ExperimentFailure:
    with pytest.raises(ExperimentFailure) as raised:
        score_attempt(levels, objective, {})
    return raised.value


def test_throughput_is_that_of_the_best_level() -> None:
    score = score_attempt([level(1, rate=50), level(2, rate=90), level(3, rate=80)], THROUGHPUT, {})
    assert (score.score, score.feasible, score.miss, score.deciding_level) == (90, True, 0, 2)
    assert score.metrics["output_throughput"] == 90


def test_latency_is_the_mean_over_all_levels() -> None:
    score = score_attempt([level(1, latency=1), level(2, latency=2), level(3, latency=6)], LATENCY, {})
    assert (score.score, score.deciding_level) == (3, None)
    assert score.metrics["e2e_latency.mean"] == 3


def test_the_warm_up_is_no_part_of_a_score() -> None:
    assert score_attempt([level(0, rate=999), level(1, rate=5)], THROUGHPUT, {}).score == 5


def test_a_configuration_that_breaks_under_load_does_not_win_by_its_easy_levels() -> None:
    levels = [level(1, latency=0.1), level(2, Verdict.OVERLOADED)]
    failed = failure(levels, LATENCY)
    assert failed.cause is FailureCause.OVERLOADED
    assert not failed.retry
    assert score_attempt(levels, THROUGHPUT, {}).score == 100


def test_a_best_level_beyond_the_slo_does_not_count() -> None:
    fast_but_late = level(2, Verdict.SLO_MISSED, rate=500, ttft__p95=0.6)
    score = score_attempt([level(1, rate=90), fast_but_late], THROUGHPUT, SLO)
    assert (score.score, score.feasible, score.deciding_level, score.binding_limit) == (90, True, 1, None)


def test_a_miss_is_the_relative_excess_at_the_level_that_misses_least() -> None:
    near = level(1, Verdict.SLO_MISSED, rate=10, ttft__p95=0.55, tpot__p90=0.06)
    far = level(2, Verdict.SLO_MISSED, rate=900, ttft__p95=5.0)
    score = score_attempt([near, far], THROUGHPUT, SLO)
    assert (score.score, score.feasible, score.deciding_level) == (10, False, 1)
    assert score.miss == pytest.approx(0.1 + 0.2)
    assert score.binding_limit == "tpot.p90"


def test_for_all_levels_the_level_that_misses_most_decides() -> None:
    near = level(1, Verdict.SLO_MISSED, latency=1, ttft__p95=0.55)
    far = level(2, Verdict.SLO_MISSED, latency=3, ttft__p95=1.0)
    score = score_attempt([near, far, level(3, latency=2)], LATENCY, SLO)
    assert (score.score, score.feasible, score.deciding_level) == (2, False, 2)
    assert score.miss == pytest.approx(1.0)
    assert score.binding_limit == "ttft.p95"


def test_nothing_comparable_names_the_rule_that_was_broken() -> None:
    failed = failure([level(1, Verdict.NOT_STEADY, retry=False), level(2, Verdict.OVERLOADED)])
    assert failed.cause is FailureCause.INVALID_MEASUREMENT
    assert failed.message.startswith("not_steady at D(100,100) x2")
    assert failed.cure and len(failed.evidence) == 2
    assert not failed.retry


def test_what_would_be_the_same_again_is_not_measured_again() -> None:
    assert failure([level(1, Verdict.CLIENT_BOUND)]).retry
    assert not failure([level(1, Verdict.NOT_STREAMED, retry=False)]).retry
    assert failure([level(1, Verdict.CLIENT_BOUND), level(2, Verdict.NOT_STEADY, retry=False)]).retry
    assert not failure([level(1, Verdict.CLIENT_BOUND), level(2, Verdict.NOT_STEADY, retry=False)], LATENCY).retry


def test_overload_at_one_level_decides_where_all_count() -> None:
    bad, invalid = level(1, Verdict.OVERLOADED), level(2, Verdict.NOT_STEADY)
    assert failure([bad, invalid], LATENCY).cause is FailureCause.OVERLOADED
    assert failure([invalid, bad], LATENCY).cause is FailureCause.OVERLOADED
    assert failure([level(1), invalid], LATENCY).cause is FailureCause.INVALID_MEASUREMENT


def test_overload_at_every_level_is_held_against_the_configuration() -> None:
    assert failure([level(1, Verdict.OVERLOADED)]).cause is FailureCause.OVERLOADED


def test_refused_requests_are_not_held_against_the_configuration() -> None:
    failed = failure([level(1, Verdict.REFUSED, retry=False)])
    assert failed.cause is FailureCause.BENCHMARK_FAILED
    assert not failed.retry
    assert failure([level(1, Verdict.UNREACHABLE)]).cause is FailureCause.ENDPOINT_UNREACHABLE


def test_no_level_at_all_is_no_score() -> None:
    assert failure([]).cause is FailureCause.INVALID_MEASUREMENT
    assert failure([level(0)], LATENCY).cause is FailureCause.INVALID_MEASUREMENT


def test_an_objective_that_was_not_measured_fails_in_words_and_never_scores_zero() -> None:
    failed = failure([level(1)], Objective("output_throughput_per_gpu", "maximize", "best"))
    assert "output_throughput_per_gpu" in failed.message
    assert not failed.retry


def test_a_judged_level_survives_the_journal() -> None:
    event = LevelEnded(
        experiment=1, attempt=1, level=2, scenario="D(100,100)", concurrency=4, verdict="ok",
        figures={"output_throughput": 7.0},
    )  # fmt: skip
    assert score_attempt([JudgedLevel.of_event(event)], THROUGHPUT, {}).score == 7


def test_objectives_are_read_as_a_task_writes_them() -> None:
    assert Objective("e2e_latency.mean", "minimize", "all", "minimize_latency") == LATENCY
    assert objective_from_json({"metric": "ttft.p95"}) == Objective("ttft.p95", "minimize", "all")
    assert objective_from_json({"metric": "goodput", "levels": "all"}).direction == "maximize"
    assert slo_from_json({"ttft.p95": 0.5, "tpot.p90": {"max": 0.05}}) == SLO
    with pytest.raises(ValueError, match="maximize_throughput"):
        objective_from_json("maximise_throughput")


# ---- which is better


@dataclass(frozen=True)
class Outcome:
    score: float | None
    feasible: bool | None = True
    miss: float | None = 0.0


scores = st.floats(0.001, 1e6)
outcomes = st.one_of(
    st.builds(Outcome, scores),
    st.builds(Outcome, scores, st.just(False), st.floats(0, 100)),
    st.just(Outcome(None, None, None)),
)


def test_the_best_comes_first_in_both_directions() -> None:
    good, fair, missed, far, none = (
        Outcome(9), Outcome(5), Outcome(99, False, 0.01), Outcome(999, False, 0.5), Outcome(None, None, None),
    )  # fmt: skip
    for order in permutations((good, fair, missed, far, none)):
        assert rank(order, THROUGHPUT) == [good, fair, missed, far, none]
        assert rank(order, LATENCY) == [fair, good, missed, far, none]


@settings(deadline=None)
@given(outcomes, outcomes, outcomes)
def test_better_is_an_order(a: Outcome, b: Outcome, c: Outcome) -> None:
    for objective in (THROUGHPUT, LATENCY):
        assert not better(a, a, objective)
        assert not (better(a, b, objective) and better(b, a, objective))
        if better(a, b, objective) and better(b, c, objective):
            assert better(a, c, objective)


@settings(deadline=None)
@given(scores, st.floats(0, 1e-6))
def test_a_limit_is_no_cliff_among_those_that_miss_it(score: float, more: float) -> None:
    """A hair more above the limit moves a result by a hair, not to the other end."""
    assert better(Outcome(score, False, 0.1), Outcome(score, False, 0.1 + more + 1e-9), THROUGHPUT)


def test_a_tie_is_plain_and_a_clear_lead_is_none() -> None:
    assert tie(Outcome(100), Outcome(102), 0.1, 0.1)
    assert not tie(Outcome(100), Outcome(105), 0.1, 0.1)
    assert tie(Outcome(100), Outcome(110), 8.0, 8.0)
    assert not tie(Outcome(100), Outcome(100, False, 0.1), 1.0, 1.0)
    assert not tie(Outcome(100), Outcome(None, None, None))


def test_a_lead_whose_noise_nobody_knows_is_no_clear_lead() -> None:
    assert tie(Outcome(100), Outcome(107))
    assert not tie(Outcome(100), Outcome(112))


def test_a_score_says_how_sure_it_is() -> None:
    levels = [level(1, rate=90, half_width__output_throughput=3.0)]
    score = score_attempt(levels, THROUGHPUT, {})
    assert isinstance(score, AttemptScore)
    assert score.half_width_of == {"output_throughput": 3.0}
    both = [level(i, **{"half_width.e2e_latency.mean": 0.3}) for i in (1, 2)]
    assert score_attempt(both, LATENCY, {}).half_width_of["e2e_latency.mean"] == pytest.approx(0.3 / 2**0.5)
