"""What a run leaves behind: the results file, the summary for people, and the exit code for scripts."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from autotuner_core.report.outcome import exit_code
from autotuner_core.report.ranker import ranking_of
from autotuner_core.report.results import results_document, results_draft
from autotuner_core.report.results_file import write_results
from autotuner_core.report.summary import summary_text
from autotuner_core.report.winner_text import winner_sentences
from autotuner_core.run import events as ev
from autotuner_core.run import whole_file
from autotuner_core.run.run_state import RunState
from tests.core.report.small_runs import PLAN, TASK, failed, queued, scored, state_of, usual

ARCHITECTURE_KEYS = {
    "task_name", "total_experiments", "successful_experiments", "elapsed_time", "best_result", "all_results",
}  # fmt: skip
ARCHITECTURE_RESULT_KEYS = {"experiment_id", "parameters", "status", "metrics", "objective_score"}


# ---- the results file


def test_every_key_that_the_architecture_promises_is_there() -> None:
    document = results_document(usual())
    assert document.keys() >= ARCHITECTURE_KEYS
    assert all(result.keys() >= ARCHITECTURE_RESULT_KEYS for result in document["all_results"])
    assert document["best_result"].keys() >= ARCHITECTURE_RESULT_KEYS
    assert (document["task_name"], document["run_id"]) == ("chat", "7f3a")


def test_counts_and_the_best_are_those_of_the_run() -> None:
    document = results_document(usual())
    assert document["total_experiments"] == 5
    assert document["successful_experiments"] == 3
    assert document["feasible_experiments"] == 2
    assert (document["failed_experiments"], document["skipped_experiments"]) == (1, 1)
    assert document["best_result"]["experiment_id"] == 2
    assert document["closest"] is None
    assert document["baseline_result"]["experiment_id"] == 1
    assert [result["rank"] for result in document["all_results"]] == [2, 1, None, 3, None]
    assert [r["status"] for r in document["all_results"]] == ["success", "success", "failed", "success", "skipped"]
    assert document["objective"]["unit"] == "tokens/s"
    assert document["elapsed_time"] > 0 and document["gpu_hours"] > 0


def test_no_configuration_within_the_slo_is_no_winner_but_has_a_closest_miss() -> None:
    document = results_document(state_of(queued(1), queued(2), scored(1, 900, miss=0.5), scored(2, 10, miss=0.1)))
    assert document["best_result"] is None
    assert document["closest"]["experiment_id"] == 2
    assert document["closest"]["binding_limit"] == "ttft.p95"


def test_a_failure_keeps_its_cause_its_evidence_and_its_cure() -> None:
    result = results_document(usual())["all_results"][2]
    assert (result["cause"], result["cure"]) == ("out_of_memory", "Lower mem_frac.")
    assert result["evidence"] == ["line 1", "line 2"]
    assert result["objective_score"] is None and result["metrics"] == {}


def test_levels_are_there_with_verdicts_and_without_the_warm_up() -> None:
    levels = results_document(usual())["all_results"][1]["levels"]
    assert [(level["level"], level["verdict"]) for level in levels] == [(1, "ok"), (2, "skipped")]
    assert levels[0]["figures"]["output_throughput"] == 140.0


def test_older_attempts_stay_in_the_record() -> None:
    again = state_of(queued(1), scored(1, 100.0), queued(1), scored(1, 120.0, attempt=2))
    (result,) = results_document(again)["all_results"]
    assert (result["objective_score"], result["attempt"]) == (120.0, 2)
    assert [attempt["score"] for attempt in result["attempts"]] == [100.0, 120.0]


def test_a_result_is_not_lost_while_it_is_measured_once_more() -> None:
    under_way = state_of(queued(1), scored(1, 100.0), queued(1), ev.AttemptStarted(experiment=1, attempt=2), end=None)
    document = results_document(under_way)
    assert document["best_result"]["objective_score"] == 100.0
    assert document["end"] is None


def test_what_is_not_measured_yet_is_counted_and_not_invented() -> None:
    document = results_document(state_of(queued(1), queued(2), scored(1, 1.0), end=None))
    assert document["unfinished_experiments"] == 1
    assert len(document["all_results"]) == 1


def test_infinity_in_a_record_never_reaches_the_file(tmp_path: Path) -> None:
    state = state_of(queued(1), scored(1, 100.0, odd=math.inf, worse=[math.nan]))
    write_results(results_draft(state), tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text()
    assert "Infinity" not in text and "NaN" not in text
    assert json.loads(text)["best_result"]["metrics"]["odd"] is None


def test_a_killed_or_failed_write_leaves_the_older_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results" / "chat_results.json"
    write_results(results_draft(usual()), path)
    before = path.read_text()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(whole_file.os, "fsync", full)
    with pytest.raises(OSError, match="the disk is full") as raised:
        write_results(results_draft(state_of(queued(1), scored(1, 1.0))), path)
    assert str(path) in str(raised.value)
    assert path.read_text() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(whole_file.FileWriteError, match="cannot write"):
        write_results(results_draft(usual()), tmp_path / "file" / "r.json")


# ---- the summary


def test_the_summary_names_the_winner_and_its_gain_over_the_baseline() -> None:
    text = summary_text(usual(), 120)
    assert "Best: experiment 2" in text and "140 tokens/s" in text
    assert "+40.0 %" in text
    assert "out_of_memory: CUDA out of memory" in text and "cure: Lower mem_frac." in text
    assert "Skipped: exp 5: by a person" in text
    assert "missed by 20.0 %" in text
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit() and "tokens/s" in line]
    assert [row[1] for row in rows[-3:]] == ["2", "1", "4"]


def test_a_tie_is_told_as_a_tie() -> None:
    text = summary_text(state_of(queued(1), queued(2), scored(1, 100.0), scored(2, 100.5)), 100)
    assert "A tie: experiment 1 is as good as experiment 2" in text
    assert "within the noise" in text
    assert "A tie" not in summary_text(usual(), 100)


def test_a_tie_of_hundreds_is_told_in_a_line_or_two() -> None:
    state = state_of(*(queued(n) for n in range(1, 201)), *(scored(n, 100.0 - n / 1000) for n in range(1, 201)))
    told = next(s for s in winner_sentences(ranking_of(state)) if s.startswith("A tie"))
    assert told.startswith("A tie: experiments 2, 3, 4, ")
    assert "12, 13 and 187 more are as good as experiment 1 " in told


def test_no_winner_is_said_with_the_limit_that_binds() -> None:
    state = state_of(queued(1), queued(2), scored(1, 900, miss=0.5, ttft=0.75), scored(2, 10, miss=0.1, ttft=0.55))
    text = " ".join(summary_text(state, 100).split())
    assert "No configuration meets the SLO. Closest: experiment 2" in text
    assert "ttft.p95 is 550 ms where 500 ms is asked" in text


def test_figures_of_whole_levels_are_not_compared_with_those_of_windows() -> None:
    state = state_of(queued(1), queued(2), scored(1, 100.0, basis="window"), scored(2, 900.0, basis="level"))
    document = results_document(state)
    assert document["best_result"]["experiment_id"] == 1
    assert [(r["basis"], r["rank"]) for r in document["all_results"]] == [("window", 1), ("level", None)]
    assert "Not ranked: experiments 2" in summary_text(state, 120)
    alone = state_of(queued(2), scored(2, 900.0, basis="level"))
    assert results_document(alone)["best_result"]["experiment_id"] == 2
    assert "figures of whole levels" in summary_text(alone, 120)


def test_nothing_scored_is_said() -> None:
    assert "No configuration was scored." in summary_text(state_of(queued(1), failed(1)), 80)
    assert "No experiment has come to an end yet." in summary_text(state_of(queued(1), end=None), 80)
    assert "Nothing is recorded" in summary_text(RunState(), 80)


def test_percentiles_on_too_few_requests_are_marked() -> None:
    text = summary_text(usual(), 120)
    assert "~100 ms" in text and "a p95 wants 200" in text


def test_why_a_run_ended_and_its_warnings_are_told() -> None:
    text = summary_text(
        state_of(queued(1), ev.RunNote(text="GPU counts differ", level="warning"), end="surroundings"), 80
    )
    assert "ended by its surroundings" in text and "Warning: GPU counts differ" in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    many = state_of(
        *(queued(n) for n in range(1, 60)),
        *(scored(n, 100.0 + n) for n in range(1, 50)),
        *(failed(n) for n in range(50, 60)),
    )
    lines = summary_text(many, width).splitlines()
    table = [line for line in lines if "tokens/s" in line and "~" in line]
    assert max(map(len, lines)) <= width, max(lines, key=len)
    assert width < 80 or table


def test_failures_alike_are_told_once() -> None:
    text = summary_text(state_of(*(queued(n) for n in (1, 2, 3)), *(failed(n) for n in (1, 2, 3))), 80)
    assert text.count("CUDA out of memory") == 1
    assert "exp 1, 2, 3 out_of_memory" in text


def test_control_characters_of_an_engine_never_reach_the_terminal() -> None:
    state = state_of(queued(1), ev.AttemptStarted(experiment=1, attempt=1), ev.AttemptEnded(
        experiment=1, attempt=1, outcome="failed", cause="crash", message="\x1b[31mbad\x07\r\nworse"))  # fmt: skip
    assert not any(ord(c) < 32 and c != "\n" for c in summary_text(state, 80))


def rejected(number: int, score: float, attempt: int = 1, ttft: float = 0.1, retry: bool = True) -> list[ev.Event]:
    """An attempt whose one level was not steady."""
    level = next(
        event for event in scored(number, score, attempt=attempt, ttft=ttft) if isinstance(event, ev.LevelEnded)
    )
    why = "on average 1.89 of 2 requests were in flight"
    return [
        ev.AttemptStarted(experiment=number, attempt=attempt),
        replace(level, verdict="not_steady", why=why),
        ev.AttemptEnded(
            experiment=number, attempt=attempt, outcome="failed", cause="invalid_measurement",
            message=f"not_steady at D(100,100) x4: {why}", will_retry=retry,
        ),
    ]  # fmt: skip


def test_a_configuration_that_measured_more_but_was_rejected_is_not_silently_absent() -> None:
    state = state_of(queued(1), queued(2), scored(1, 100.0), rejected(2, 250.0), rejected(2, 90.0, 2, retry=False))
    text = " ".join(summary_text(state, 100).split())
    assert "Best: experiment 1" in text
    assert (
        "Experiment 2 (tp_size=2 policy=lpm) measured more (250 tokens/s at D(100,100) x4), but was not sound" in text
    )
    assert "(not_steady: on average 1.89 of 2 requests were in flight): it is not compared." in text
    for no_rival in (rejected(2, 90.0, retry=False), rejected(2, 250.0, ttft=0.9, retry=False)):
        assert "measured more" not in summary_text(state_of(queued(1), queued(2), scored(1, 100.0), no_rival), 100)


def test_a_result_that_passed_only_after_rejected_measurements_is_marked() -> None:
    state = state_of(
        *(queued(1), queued(2), scored(1, 100.0)),
        *(rejected(2, 150.0), rejected(2, 150.0, 2), scored(2, 150.0, attempt=3)),
    )
    text = summary_text(state, 100)
    assert "* exp 2: measured at the 3rd attempt; two before were not sound: not_steady" in text
    assert "It was measured at the 3rd attempt" in text
    assert any(line.split()[1:2] == ["*2"] for line in text.splitlines())
    assert "not sound" not in summary_text(usual(), 100)


def test_a_failure_is_told_with_the_line_that_shows_it_and_the_path_of_its_log() -> None:
    crash = ev.AttemptEnded(
        experiment=1, attempt=2, outcome="failed", cause="crash", message="the engine ended before it was ready",
        evidence=("exit code 1", "RuntimeError: no kernel image", "loading", "done for"),
    )  # fmt: skip
    text = summary_text(state_of(queued(1), ev.AttemptStarted(experiment=1, attempt=2), crash), 100)
    assert "    | RuntimeError: no kernel image\n    | done for\n    log: chat/7f3a/exp1/attempt2/engine.log" in text


def test_by_whom_a_run_was_stopped_reads_as_a_sentence() -> None:
    listed = [ev.RunStarted(run_id="7f3a", task=TASK, plan=PLAN), ev.RunEnded(reason="stopped", message="by SIGINT")]
    assert "The run was stopped by SIGINT" in summary_text(RunState.of(listed), 80)


# ---- the exit code


def test_scripts_learn_whether_there_is_a_winner() -> None:
    assert exit_code(usual()) == 0
    assert exit_code(usual(), strict=True) == 1
    assert exit_code(state_of(queued(1), scored(1, 1.0)), strict=True) == 0
    assert exit_code(state_of(queued(1), failed(1))) == 1
    assert exit_code(state_of(queued(1), scored(1, 1.0, miss=0.1))) == 1
    assert exit_code(state_of(queued(1), scored(1, 1.0), end=None)) == 1
    assert exit_code(state_of(queued(1), scored(1, 1.0), end="budget")) == 0
    for reason in ("surroundings", "access", "failed"):
        assert exit_code(state_of(queued(1), scored(1, 1.0), end=reason)) == 1


def test_scripts_learn_by_which_signal_a_run_ended() -> None:
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        assert exit_code(state_of(queued(1), scored(1, 1.0), end="stopped", signal_number=int(number))) == code
    assert exit_code(state_of(queued(1), scored(1, 1.0), end="stopped")) == 0


def test_levels_that_did_not_count_are_told_at_the_end_too() -> None:
    unsound = ev.LevelEnded(
        experiment=1, attempt=1, level=2, scenario="D(100,100)", concurrency=8, verdict="not_steady", why="too few"
    )
    events = scored(1, 100.0)
    state = state_of(queued(1), [*events[:-2], unsound, events[-1]])
    assert "D(100,100) x8 not_steady: exp 1" in summary_text(state, 120)
    assert "did not count" not in summary_text(state_of(queued(1), scored(1, 100.0)), 120)


def test_the_file_holds_the_document_also_with_numbers_and_characters_that_json_does_not_have(tmp_path: Path) -> None:
    state = usual()
    path = tmp_path / "results.json"
    write_results(results_draft(state), path)
    assert json.loads(path.read_text()) == json.loads(json.dumps(results_document(state)))
    odd = {"score": math.nan, "all_results": [{"score": math.inf, "name": "\udcff"}], "none": []}
    write_results(odd, path)
    assert json.loads(path.read_text()) == {
        "score": None,
        "all_results": [{"score": None, "name": "\udcff"}],
        "none": [],
    }


def test_what_the_run_does_while_its_results_are_written_changes_nothing_in_them(tmp_path: Path) -> None:
    state = usual()
    draft, before = results_draft(state), results_document(state)
    again = [ev.ExperimentQueued(experiment=1, parameters={"slots": 1}), ev.AttemptStarted(experiment=1, attempt=9)]
    for event in again:
        state.apply(event)
    write_results(draft, tmp_path / "r.json")
    written = json.loads((tmp_path / "r.json").read_text())
    for result in written["all_results"]:
        result["attempts"] = [attempt for attempt in result["attempts"] if attempt["attempt"] != 9]
    assert written == json.loads(json.dumps(before))
