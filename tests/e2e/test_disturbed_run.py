"""What may befall a run while it is under way, and that nothing is lost or left behind."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import AttemptStarted
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from waiting import wait_for

Tuner = Any  # conftest.py

pytestmark = pytest.mark.genai_bench


def strays(tuner: Tuner) -> list[Any]:
    host = tuner.state().host
    assert host is not None
    return list(find_strays(host.token))


def attempts(tuner: Tuner) -> list[tuple[int, int]]:
    return [(e.experiment, e.attempt) for e in tuner.events() if isinstance(e, AttemptStarted)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_is_cleaned_up_and_resume_measures_only_the_rest(
    tuner: Tuner, number: signal.Signals, code: int
) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("AttemptEnded", outcome="scored")
        tuner.wait_for_event("LevelStarted", experiment=attempts(tuner)[-1][0], purpose="measure")
        wait_for(lambda: len(attempts(tuner)) == 2)
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert "nothing new starts" in err and "resume" in err
    assert strays(tuner) == [] and tuner.state().resources == {}
    first, second = (experiment for experiment, _ in attempts(tuner))
    again = tuner.run("resume", "--no-ui")
    assert again.returncode == 0, again.stderr
    assert f"exp {first} started" not in again.stderr, "what was measured is not measured again"
    assert attempts(tuner) == [(first, 1), (second, 1), (second, 2)]
    assert tuner.results()["successful_experiments"] == 2


def test_two_signals_leave_at_once_with_nothing_running_and_resume_goes_on(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted", purpose="measure")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        process.wait(120)
        process.communicate()
    assert process.returncode == 130
    wait_for(lambda: strays(tuner) == [], 120, what="engine and load generator to end with their host")
    assert tuner.run("resume", "--no-ui").returncode == 0
    assert tuner.results()["successful_experiments"] == 2


def test_a_killed_host_leaves_nothing_running_and_resume_finishes(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted", purpose="measure")
        process.kill()
        process.communicate()
    (row,) = json.loads(tuner.run("runs", "--json").stdout)["runs"]
    assert (row["state"], row["resumable"]) == ("interrupted", True)
    wait_for(lambda: strays(tuner) == [], 120, what="engine and load generator to end with their host")
    assert tuner.run("resume", "--no-ui").returncode == 0
    assert tuner.results()["successful_experiments"] == 2


def test_a_reader_that_takes_one_line_and_leaves_does_not_end_the_run(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "RunStarted"
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        assert process.wait(120) == 0
    assert "stdout is gone" in err and "Traceback" not in err
    assert tuner.results()["successful_experiments"] == 2


def test_a_second_run_of_the_task_is_refused_and_told_by_whom(tuner: Tuner) -> None:
    task = tuner.write_task()
    with tuner.start("run", task, "--no-ui") as process:
        tuner.wait_for_event("HostStarted")
        second = tuner.run("run", task, "--no-ui")
        assert second.returncode == 2 and f"process {process.pid}" in second.stderr
        (row,) = json.loads(tuner.run("runs", "--json").stdout)["runs"]
        assert (row["state"], row["resumable"]) == ("running", False)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def test_no_configuration_that_works_is_exit_code_1_with_cause_evidence_and_cure(tuner: Tuner) -> None:
    task = tuner.write_task(parameters={"mode": {"type": "choice", "values": ["dies"]}}, optimization={"retries": 0})
    told = tuner.run("run", task, "--no-ui")
    assert told.returncode == 1, told.stderr
    assert "exp 1 failed: crash: " in told.stderr and "    | " in told.stderr and "    cure: " in told.stderr
    assert "Traceback" not in told.stderr


def test_a_place_that_cannot_be_written_is_told_before_anything_starts(tuner: Tuner) -> None:
    told = tuner.run("run", tuner.write_task(), "--no-ui", "--results-dir", "/dev/null/results")
    assert told.returncode == 2
    assert "cannot be recorded" in told.stderr and "--results-dir" in told.stderr


def test_a_folder_taken_away_ends_the_run_with_its_record_whole_and_nothing_running(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        assert process.stderr is not None
        wait_for(lambda: " scored " in process.stderr.readline(), 240)
        token = tuner.state().host.token
        (tuner.folder / "results").rename(tuner.folder / "elsewhere")
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the run broke off" in err and "record is gone" in err and "Traceback" not in err
    assert "tpot=" in out, "what was seen is shown all the same"
    assert find_strays(token) == []
    (journal,) = (tuner.folder / "elsewhere").glob("*/*/journal.jsonl")
    assert RunState.of(read_journal(journal)).counts()["success"] == 1
