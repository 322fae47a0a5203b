"""The verdict on a level: a measurement that is worth nothing must never become a score, and must say why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from autotuner_core.benchmark.base import ClientLoad, Level, LevelRun, RequestRow
from autotuner_core.scoring.level import JudgedLevel, higher_levels_to_skip, judge
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.scoring.wanted import requests_wanted
from closed_loop import Loop

SHORT = RequestRow(100, 20, 0.0, 0.1, 0.4, (0.1, 0.2, 0.3))


@dataclass(frozen=True)
class Rules:
    max_error_rate: float = 0.05
    min_requests: int = 20


def judged(run: LevelRun, slo: dict[str, float] | None = None) -> JudgedLevel:
    return judge(run, validity=Rules(), slo=slo or {})


def run_of(*rows: RequestRow, concurrency: int = 1, ended_by: str = "time", seconds: float = 10.0) -> LevelRun:
    return LevelRun(Level(1, "D(100,20)", concurrency, seconds, 100, 1), rows, 0.0, seconds, ended_by)


def test_a_good_level_is_ok() -> None:
    level = judged(Loop().run())
    assert (level.verdict, level.why) == (Verdict.OK, "")
    assert judged(Loop().run(), {"ttft.p95": 0.2}).verdict is Verdict.OK


def test_a_level_above_a_limit_has_missed_the_slo_and_says_by_what() -> None:
    level = judged(Loop().run(), {"ttft.p95": 0.05, "tpot.p90": 1.0})
    assert level.verdict is Verdict.SLO_MISSED
    assert "ttft.p95" in level.why
    assert "tpot" not in level.why


def test_errors_above_the_allowed_share_are_overload_with_the_error_named() -> None:
    level = judged(Loop(errors=0.2).run())
    assert level.verdict is Verdict.OVERLOADED
    assert "503" in level.why and "busy" in level.evidence[0]
    assert judged(Loop(errors=0.02, max_requests=200).run()).verdict is Verdict.OK


def test_one_percent_of_success_is_not_scored_like_a_hundred() -> None:
    assert judged(Loop(errors=0.99, max_requests=400).run()).verdict is Verdict.OVERLOADED


def test_a_wrong_model_name_is_not_held_against_the_configuration() -> None:
    level = judged(Loop(errors=1.0, error=404).run())
    assert level.verdict is Verdict.REFUSED
    assert not level.retry


def test_an_engine_that_nobody_can_reach_is_not_called_overloaded() -> None:
    message = "Connection error: HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url: /v1"
    rows = [RequestRow(9, 0, i, end=i + 0.1, error=503, error_message=message) for i in range(9)]
    assert judged(run_of(*rows)).verdict is Verdict.UNREACHABLE
    assert judged(run_of(*rows, replace(SHORT, start=9.2, end=9.9))).verdict is Verdict.OVERLOADED


def test_answers_without_any_text_are_told_as_that_and_not_as_overload() -> None:
    rows = [RequestRow(9, 0, i, end=i + 0.5, error=-1, error_message="invalid answer: no text came") for i in range(9)]
    level = judged(run_of(*rows))
    assert level.verdict is Verdict.NO_OUTPUT
    assert "no text came" in level.why
    assert judged(run_of(*(RequestRow(9, 0, i, end=i + 0.5) for i in range(9)))).verdict is Verdict.NO_OUTPUT


def test_some_empty_answers_among_good_ones_spoil_a_level() -> None:
    """An engine that answers half of the prompts with nothing looks twice as fast."""
    run = Loop(max_requests=60).run()
    rows = tuple(replace(row, output_tokens=0, chunks=()) if i % 2 else row for i, row in enumerate(run.rows))
    assert judged(replace(run, rows=rows)).verdict is Verdict.NO_OUTPUT


def test_a_server_that_never_answers_and_one_that_is_only_slow_are_told_apart() -> None:
    silent = judged(run_of(RequestRow(9, 0, 0.0)))
    slow = judged(run_of(RequestRow(9, 2, 0.0, 1.0, None, (1.0, 5.0))))
    nobody = judged(run_of())
    assert [level.verdict for level in (silent, slow, nobody)] == [
        Verdict.NO_OUTPUT, Verdict.NOT_STEADY, Verdict.NO_OUTPUT,
    ]  # fmt: skip
    assert "answered none" in silent.why and silent.retry
    assert "streaming" in slow.why and not slow.retry
    assert "no request was sent" in nobody.why


def burst(row: RequestRow, seconds: float) -> RequestRow:
    """The same answer, all of it held back until the end and then read within `seconds`."""
    assert row.end is not None
    first = row.end - seconds
    step = seconds / max(1, len(row.chunks))
    return replace(row, first_token=first, chunks=tuple(first + step * i for i in range(len(row.chunks))))


@pytest.mark.parametrize("gap", [0.0, 0.00002, 0.00008])
def test_an_engine_that_does_not_stream_is_told_as_exactly_that(gap: float) -> None:
    run = Loop(max_requests=60).run()
    rows = tuple(burst(row, gap * 20) if row.end else row for row in run.rows)
    level = judged(replace(run, rows=rows))
    assert level.verdict is Verdict.NOT_STREAMED
    assert "does not stream" in level.why and not level.retry
    one_piece = tuple(replace(row, chunks=row.chunks[-1:]) if row.end else row for row in run.rows)
    assert judged(replace(run, rows=one_piece)).verdict is Verdict.NOT_STREAMED


def test_a_quick_engine_behind_a_long_queue_does_stream() -> None:
    """3,000 tokens a second after a wait of two seconds: rare, real, and no reason to refuse the measurement."""
    level = judged(Loop(8, 60, ttft=(1.9, 2.1), tpot=(0.0003, 0.0004)).run())
    assert level.verdict is Verdict.OK


def test_a_missing_tpot_says_the_same_where_requests_have_no_times() -> None:
    rows = tuple(RequestRow(9, 20, ttft=0.5, tpot=None, e2e_latency=0.5) for _ in range(30))
    assert judged(replace(run_of(*rows), timestamps=False)).verdict is Verdict.NOT_STREAMED


def test_a_load_generator_at_its_limit_is_not_taken_for_a_slow_engine() -> None:
    assert judged(Loop(client=ClientLoad(0.97, 0.001, 0.01)).run()).verdict is Verdict.CLIENT_BOUND
    assert judged(Loop(client=ClientLoad(0.5, 0.03, 0.1)).run()).verdict is Verdict.CLIENT_BOUND
    assert judged(Loop(client=ClientLoad(0.5, 0.009, 0.2)).run()).verdict is Verdict.OK
    assert judged(Loop(ttft=(1, 2), client=ClientLoad(0.5, 0.03, 0.1)).run()).verdict is Verdict.OK


def test_a_busy_machine_neither_hides_the_load_generators_limit_nor_makes_one() -> None:
    # Others had the core for 37 % of the time: what was left it used up, or it did not.
    limit = judged(Loop(client=ClientLoad(0.63, 0.005, 0.1, wait_share=0.37)).run())
    assert limit.verdict is Verdict.CLIENT_BOUND
    assert "63% of a core" in limit.evidence[0] and "local.cores" in limit.evidence[1]
    assert judged(Loop(client=ClientLoad(0.2, 0.005, 0.1, wait_share=0.37)).run()).verdict is Verdict.OK
    at_rest = judged(Loop(client=ClientLoad(0.97, 0.001, 0.01, wait_share=0.02)).run())
    assert "num_workers" in at_rest.evidence[1]


def test_a_level_in_which_the_machine_or_the_load_generator_stood_still_is_not_compared_and_tried_again() -> None:
    asleep = judged(replace(Loop().run(), suspended=3600.0))
    assert asleep.verdict is Verdict.NOT_STEADY and asleep.retry
    assert "suspended for 3600 s" in asleep.why
    stopped = judged(Loop(client=ClientLoad(0.2, 0.001, 5.0)).run())
    assert stopped.verdict is Verdict.NOT_STEADY and stopped.retry
    assert "stood still for 5 s" in stopped.why
    assert judged(replace(Loop().run(), suspended=0.01)).verdict is Verdict.OK


def test_output_that_stops_short_of_what_was_asked_is_not_compared() -> None:
    level = judged(Loop(output=18).run())
    assert level.verdict is Verdict.WRONG_LENGTH
    assert "18" in level.why and "20" in level.why
    assert judged(Loop(output=18, scenario="N(100,10)/(20,5)").run()).verdict is Verdict.OK
    assert judged(Loop(output=100, scenario="D(100,101)", max_requests=50).run()).verdict is Verdict.OK


def test_too_few_requests_are_not_steady_and_not_tried_again() -> None:
    level = judged(Loop(concurrency=2, max_seconds=2.0).run())
    assert level.verdict is Verdict.NOT_STEADY
    assert not level.retry
    assert "2 s" in level.why


def test_a_small_cap_of_the_task_lowers_what_is_wanted_to_half_of_it() -> None:
    assert requests_wanted(20, 100) == 20
    assert requests_wanted(20, 30) == 15
    assert requests_wanted(20, 1) == 1
    assert judged(Loop(concurrency=2, max_requests=12).run()).verdict is Verdict.OK


def test_a_concurrency_that_was_not_held_is_not_steady() -> None:
    level = judged(Loop(gap=(0.1, 0.1)).run())
    assert level.verdict is Verdict.NOT_STEADY
    assert "of 4 requests were in flight" in level.why
    run = Loop(concurrency=3).run()
    never = judged(replace(run, level=replace(run.level, concurrency=8)))
    assert never.verdict is Verdict.NOT_STEADY
    assert "at most 3" in never.why


def test_a_level_that_was_cut_is_not_judged_by_what_it_had() -> None:
    run = Loop().run()
    assert judged(replace(run, ended_by="asked")).verdict is Verdict.CUT
    assert judged(replace(run, ended_by="died")).verdict is Verdict.CUT


def test_a_level_that_ended_early_because_it_knew_enough_counts() -> None:
    assert judged(replace(Loop().run(), ended_by="precision")).verdict is Verdict.OK
    short = replace(Loop(max_seconds=0.5).run(), ended_by="precision")
    assert judged(short).verdict is Verdict.NOT_STEADY


def test_a_level_that_ended_early_because_its_slo_was_lost_is_compared_and_says_that_it_was_short() -> None:
    level = judged(replace(Loop(max_seconds=0.5).run(), ended_by="slo"), {"ttft.p95": 0.01})
    assert level.verdict is Verdict.SLO_MISSED
    assert "ended early" in level.why
    assert "requests" in level.notes[-1]


def test_a_limit_on_what_was_not_measured_is_not_taken_for_met() -> None:
    rows = tuple(RequestRow(100, 20, ttft=0.1, tpot=0.01, e2e_latency=0.29) for _ in range(30))
    level = judged(replace(run_of(*rows), timestamps=False), {"itl.p99": 0.1})
    assert level.verdict is Verdict.UNMEASURED
    assert "itl.p99" in level.why


def test_higher_concurrencies_of_an_overloaded_scenario_alone_are_left_out() -> None:
    bad = judged(Loop(concurrency=4, errors=0.5).run())
    assert higher_levels_to_skip([bad], "D(100,20)", 8) is bad
    assert higher_levels_to_skip([bad], "D(100,20)", 2) is None
    assert higher_levels_to_skip([bad], "D(200,20)", 8) is None
    assert higher_levels_to_skip([judged(Loop().run(), {"ttft.p50": 0.01})], "D(100,20)", 8) is None
