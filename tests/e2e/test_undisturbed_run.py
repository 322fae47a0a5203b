"""A run from its task file to its results, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from autotuner_core.run.events import RunEnded

Finished = tuple[Any, subprocess.CompletedProcess[str]]
"""The fixture's value: the folder's Tuner (conftest.py), and what the run told."""

pytestmark = pytest.mark.genai_bench


def test_it_finds_the_quicker_configuration_and_says_so(finished: Finished) -> None:
    tuner, told = finished
    assert told.returncode == 0, told.stderr
    assert tuner.results()["best_result"]["parameters"] == {"tpot": 0.01}
    assert "tpot=0.01" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


def test_stderr_tells_each_transition_once_with_its_key_figures(finished: Finished) -> None:
    lines = [line.split("  ", 1)[1] for line in finished[1].stderr.splitlines() if line[:2] == "20"]
    for experiment in (1, 2):
        own = [line for line in lines if line.startswith(f"exp {experiment} ")][-4:]  # a busy machine may want a retry
        assert [line.split()[2] for line in own] == ["started", "ready", "level", "scored"]
        assert all(part in own[2] for part in (": ok, ", " tokens/s", "TTFT p95", "TPOT p95"))
    assert lines[-1].startswith("run ") and " completed after " in lines[-1]


def test_report_and_runs_tell_the_same_later_from_anywhere(finished: Finished) -> None:
    tuner, told = finished
    report = tuner.run("report", cwd=tuner.folder.parent)
    assert report.returncode == 0
    assert report.stdout.splitlines()[0] == told.stdout.splitlines()[0]
    assert json.loads(tuner.run("report", "--json").stdout)["best_result"] == tuner.results()["best_result"]
    (row,) = json.loads(tuner.run("runs", "--json").stdout)["runs"]
    assert (row["state"], row["measured"], row["experiments"]) == ("completed", 2, 2)
    assert row["best_score"] == tuner.results()["best_result"]["objective_score"]
    assert row["run_id"] in tuner.run("runs").stdout


def test_a_run_that_is_complete_is_not_resumed(finished: Finished) -> None:
    tuner, _ = finished
    again = tuner.run("resume", "--no-ui")
    assert again.returncode == 2 and "is complete" in again.stderr


def test_nothing_is_left_running(finished: Finished) -> None:
    from autotuner_core.deploy.strays import find_strays

    tuner, _ = finished
    host = tuner.state().host
    assert host is not None and find_strays(host.token) == []
    assert tuner.state().resources == {}
    assert isinstance(tuner.events()[-1], RunEnded)


MODULES = """
import sys
from autotuner_tui.cli.main import main
code = main(["run", "task.json", "--no-ui"])
loaded = {name.partition(".")[0] for name in sys.modules}
print("heavy:", sorted(loaded & {"textual", "kubernetes", "rich", "genai_bench"}))
sys.exit(code)
"""


def test_a_local_run_without_a_screen_imports_neither_textual_nor_kubernetes(finished: Finished) -> None:
    tuner, _ = finished
    path = tuner.write_task(parameters={"tpot": {"type": "choice", "values": [0.01]}}, task_name="imports")
    told = subprocess.run(
        [sys.executable, "-c", MODULES], cwd=path.parent, env=tuner.environment, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines()[-1] == "heavy: []"
