"""The embedded default in small: a real llama.cpp server per configuration, on any machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.report.engine_limits import LEAST_LOOKS
from recompute import recompute_file

pytestmark = [pytest.mark.engine, pytest.mark.genai_bench]


def test_the_bundled_engine_is_tuned_from_an_example_to_a_ranking(tuner: Any) -> None:
    assert tuner.run("new", "local_demo", "--output", "demo.json").returncode == 0
    path = Path(tuner.folder / "demo.json")
    task = json.loads(path.read_text())
    task["parameters"] = {"parallel": {"type": "choice", "values": [1, 4]}}
    task.pop("baseline", None)
    task["benchmark"] |= {"num_concurrency": [4], "max_requests_per_iteration": 40}
    path.write_text(json.dumps(task))
    told = tuner.run("run", path, "--no-ui")
    assert told.returncode == 0, told.stderr
    results = json.loads((tuner.folder / "results" / f"{task['task_name']}_results.json").read_text())
    assert results["successful_experiments"] == 2
    assert "output_throughput" in told.stdout and "parallel" in told.stdout
    assert results["best_result"]["objective_score"] > 0
    assert_scores_agree_with_the_raw_rows(tuner, task["task_name"], results)
    assert_engine_counted_itself(results)
    (level,) = results["best_result"]["levels"]
    assert ("Limits" in told.stdout) == (level["engine"]["looks"] >= LEAST_LOOKS)  # a quick machine is done before


def assert_engine_counted_itself(results: dict[str, Any]) -> None:
    """Four clients: on one slot three of them wait, on four none does for longer than a slot takes to be free again."""
    waiting: dict[int, float] = {}
    for result in results["all_results"]:
        (level,) = result["levels"]
        counted, slots = level["engine"], result["parameters"]["parallel"]
        assert counted["engine"] == "llama.cpp" and counted["prefix_cache_queries"] > 100
        if counted["looks"] >= LEAST_LOOKS:  # one a second: a single one may fall between two requests
            assert 0 < counted["requests_running"]["max"] <= slots
            waiting[slots] = counted["requests_waiting"]["mean"]
    assert waiting.get(1, 3.0) > waiting.get(4, 0.0)


def assert_scores_agree_with_the_raw_rows(tuner: Any, name: str, results: dict[str, Any]) -> None:
    """Every figure of the results file, once more from the launcher's own lines, by code that shares nothing."""
    run = tuner.folder / "results" / name / results["run_id"]
    for result in results["all_results"]:
        samples = run / f"exp{result['experiment_id']}" / f"attempt{result['attempt']}" / "samples.jsonl"
        (level,) = result["levels"]
        again = recompute_file(samples, level["level"])
        assert len(again) > 20
        assert {key: level["figures"][key] for key in again} == pytest.approx(again, rel=1e-9, abs=1e-9)
        assert result["objective_score"] == pytest.approx(again["output_throughput"], rel=1e-9)
