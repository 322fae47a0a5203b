"""A run on the cluster, seen and steered on the screen from another terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from on_cluster.tuning import TunerOnCluster
from on_terminal import on_terminal
from stub_load import held_benchmark
from waiting import wait_for

Tuner = Callable[..., TunerOnCluster]


@pytest.mark.usefixtures("either_ome")
def test_pods_their_node_and_the_manifest_are_seen_and_an_experiment_is_skipped(tuner: Tuner, tmp_path: Path) -> None:
    let_go = tmp_path / "let-go"
    run = tuner(benchmark=held_benchmark(tmp_path, let_go))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    pod = run.until(lambda event: isinstance(event, ev.WorkloadObserved) and bool(event.node))
    assert isinstance(pod, ev.WorkloadObserved) and run.run_folder is not None
    words = [sys.executable, "-m", "autotuner_tui", "attach", str(run.run_folder.root)]
    with on_terminal(words, run.environment) as screen:
        screen.sees(f"ome/{run.namespace}"[:20], "▶ warm-up", "p pause")
        screen.press("2")
        screen.sees("Running", pod.node)
        screen.press("1y")
        screen.sees("kind: InferenceService")
        screen.press("q")
        screen.sees("1 Experiments")
        screen.press("S")
        screen.sees("ends without a score")
        screen.press("y")
        run.until(lambda event: isinstance(event, ev.AttemptEnded) and event.outcome == "skipped")
        let_go.touch()
        screen.sees("completed", "2/2")
        screen.press("q")
        assert screen.ended() == 0
    assert process.wait(120) == 0, run.said()
    wait_for(lambda: run.left_in_cluster() == [], 60)
    run.check_nothing_is_left()
