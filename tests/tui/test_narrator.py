from __future__ import annotations

from dataclasses import replace
from typing import Any

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.narrator import Narrator
from recordings import beginning, scored, stamped


def told(events: list[ev.Event]) -> list[str]:
    state, narrator, lines = RunState(), Narrator(), []
    for event in stamped(events):
        state.apply(event)
        lines += narrator.lines(event, state)
    return lines


def test_a_run_reads_as_what_began_what_was_measured_and_who_leads() -> None:
    lines = told([*beginning(), *scored(1, 100.0), *scored(2, 143.25), ev.RunEnded(reason="completed")])
    assert lines == [
        "run ab12 of task chat",
        "preparing the model, the tokenizer and the load generator",
        "2 experiments queued",
        "exp 1 started (1 of 2): slots=1",
        "exp 1 ready after 1.0 s",
        "exp 1 level 1/2 D(100,100) x4: ok, 100 tokens/s, TTFT p95 310 ms, TPOT p95 21.0 ms",
        "exp 1 scored 100 tokens/s, best so far",
        "exp 2 started (2 of 2): slots=2",
        "exp 2 ready after 1.0 s",
        "exp 2 level 1/2 D(100,100) x4: ok, 143 tokens/s, TTFT p95 310 ms, TPOT p95 21.0 ms",
        "exp 2 scored 143 tokens/s, best so far",
        "run ab12 completed after 22 s",
    ]


def test_a_level_that_ended_early_says_after_how_many_requests_it_was_known() -> None:
    where: dict[str, Any] = {"experiment": 1, "attempt": 1, "level": 1, "scenario": "D(100,100)", "concurrency": 4}
    figures = {"num_requests": 212, "output_throughput": 143.25}
    ended = ev.LevelEnded(**where, verdict="ok", ended_by="precision", figures=figures)
    lines = told([*beginning(), ev.AttemptStarted(experiment=1, attempt=1), ended])
    assert lines[-1].endswith("x4: ok (known by precision after 212 requests), 143 tokens/s")


def test_500_queued_experiments_are_one_line() -> None:
    lines = told([*beginning(500), ev.AttemptStarted(experiment=1, attempt=1)])
    assert lines[2] == "500 experiments queued"
    assert len(lines) == 4


def test_a_failure_tells_cause_evidence_and_cure() -> None:
    failed = ev.AttemptEnded(
        experiment=1,
        attempt=1,
        outcome="failed",
        cause="out_of_memory",
        message="the engine was killed",
        evidence=("first", "CUDA out of memory: tried to allocate 2 GiB"),
        cure="lower mem_frac",
    )
    lines = told([*beginning(), ev.AttemptStarted(experiment=1, attempt=1), failed])
    assert lines[-4:] == [
        "exp 1 failed: out_of_memory: the engine was killed",
        "    | first",
        "    | CUDA out of memory: tried to allocate 2 GiB",
        "    cure: lower mem_frac",
    ]


def test_a_retry_and_its_second_attempt_are_told_as_such() -> None:
    where: dict[str, Any] = {"experiment": 1, "attempt": 1}
    failed = ev.AttemptEnded(**where, outcome="failed", cause="benchmark_failed", message="gone", will_retry=True)
    again = ev.AttemptStarted(experiment=1, attempt=2)
    lines = told([*beginning(), ev.AttemptStarted(**where), failed, again])
    assert lines[-2] == "exp 1 failed: benchmark_failed: gone (it will be tried again)"
    assert lines[-1] == "exp 1 started (1 of 2, attempt 2): slots=1"


def test_a_configuration_that_misses_the_slo_is_never_called_the_best() -> None:
    lines = told([*beginning(), *scored(1, 900.0, feasible=False, miss=0.25), *scored(2, 10.0)])
    first, second = [line for line in lines if " scored " in line]
    assert first.endswith("misses the SLO by 25.0 %, closest so far")
    assert second.endswith("best so far")


def test_a_missed_slo_is_told_in_the_limits_own_unit() -> None:
    *before, event = scored(1, 900.0, feasible=False, miss=9.2)
    assert isinstance(event, ev.AttemptEnded)
    figures = {"output_throughput": 900.0, "ttft.p95": 5.1}
    (line,) = [line for line in told([*beginning(), *before, replace(event, metrics=figures)]) if " scored " in line]
    assert "misses the SLO: ttft.p95 is 5.10 s, at most 500 ms is asked" in line


def test_an_engines_escape_sequences_do_not_reach_the_terminal() -> None:
    lines = told([*beginning(), ev.RunNote(text="\x1b[2J\x1b]0;title\x07red\x1b[31m\r\nnext", level="warning")])
    assert lines[-1].startswith("warning: ")
    assert all(character.isprintable() for character in lines[-1])


def test_an_event_of_a_newer_version_and_one_about_nobody_pass_in_silence() -> None:
    unknown = ev.UnknownEvent(record={"type": "FutureEvent", "x": 1})
    assert told([unknown, ev.AttemptStarted(experiment=9, attempt=1)]) == []


def test_a_stop_by_a_signal_is_told_to_all_who_look_and_one_by_a_command_is_told_by_the_command() -> None:
    lines = told([*beginning(), ev.StopAsked(by="SIGTERM"), ev.StopAsked(by="SIGINT", now=True), ev.StopAsked()])
    assert lines[-2:] == ["asked to stop by SIGTERM", "asked to stop at once by SIGINT"]
