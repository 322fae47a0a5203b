"""A ranking that is kept up to date: one that forgets a result, or keeps an old score, names the wrong winner."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from any_events import looked_at
from autotuner_core.report.ranker import Ranker
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result, result_of
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.better import rank
from autotuner_core.scoring.objective import objective_from_json
from recordings import beginning, scored, state_of


def plain(state: RunState) -> Ranking:
    """The ranking by looking at everything."""
    task, plan = state.task, state.plan
    objective = objective_from_json(task["optimization"]["objective"])
    found = [r for e in state.experiments.values() if (r := result_of(e, objective)) is not None]
    found.sort(key=lambda result: result.id)
    with_score = [result for result in found if result.score is not None]
    compared = [result for result in with_score if not result.of_whole_levels] or with_score
    apart = tuple(result for result in with_score if result.of_whole_levels) if len(compared) < len(with_score) else ()
    baseline = next((r for r in found if r.id == plan.get("baseline") or r.experiment.why == "baseline"), None)
    return Ranking(
        objective,
        task["optimization"]["slo"],
        {r.id: r for r in found},
        tuple(rank(compared, objective)),
        baseline,
        apart,
    )


def told(results: tuple[Result, ...]) -> list[tuple[Any, ...]]:
    return [(result.id, result.status, id(result.attempt), id(result.ended)) for result in results]


def assert_same(kept: Ranking, made: Ranking) -> None:
    assert told(kept.results) == told(made.results)
    assert told(kept.ranked) == told(made.ranked)
    assert told(kept.apart) == told(made.apart)
    assert told((kept.baseline,) if kept.baseline else ()) == told((made.baseline,) if made.baseline else ())
    assert (kept.objective, kept.slo) == (made.objective, made.slo)


@settings(max_examples=400, deadline=None)
@given(looked_at)
def test_in_any_order_of_events_and_looks_the_kept_ranking_is_the_one_of_all_results(
    sequence: list[tuple[tuple[ev.Event, ...], bool]],
) -> None:
    state, ranker = state_of(beginning(3)), Ranker()
    for events, looks in sequence:
        for event in events:
            state.apply(event)
        if looks:
            assert_same(ranker.ranking(state), plain(state))
    assert_same(ranker.ranking(state), plain(state))


def test_what_ends_nothing_leaves_the_very_same_ranking() -> None:
    state, ranker = state_of([*beginning(3), *scored(1, 100.0)]), Ranker()
    before = ranker.ranking(state)
    state.apply(ev.AttemptStarted(experiment=2, attempt=1))
    state.apply(ev.AttemptStarted(experiment=1, attempt=2))
    assert ranker.ranking(state) is before
    state.apply(ev.Skipped(experiment=3, reason="by command"))
    assert ranker.ranking(state) is not before


def test_another_run_is_ranked_from_its_beginning() -> None:
    ranker = Ranker()
    ranker.ranking(state_of([*beginning(2), *scored(1, 100.0), *scored(2, 90.0)]))
    other = state_of([*beginning(1), *scored(1, 5.0)])
    assert_same(ranker.ranking(other), plain(other))
