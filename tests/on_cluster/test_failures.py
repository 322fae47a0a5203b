"""A run goes on past configurations that fail, tells each cause, and leaves nothing in the cluster."""

from __future__ import annotations

from collections.abc import Callable

from autotuner_core.run import events as ev
from on_cluster.tuning import TunerOnCluster

CASES = ["a", "b", "c", "d", "e", "crash", "greedy", "large"]


def test_eight_experiments_two_at_once_end_with_five_scores_and_three_causes(
    tuner: Callable[..., TunerOnCluster],
) -> None:
    run = tuner(
        parameters={
            "case": {"type": "choice", "values": CASES},
            "tp_size": {"type": "choice", "values": [1, 16]},
        },
        constraints=["(case == 'large') == (tp_size == 16)"],
        optimization={"max_parallel": 2, "max_iterations": 8},
    )
    assert run.run() == 0, run.said()
    experiments = run.state().experiments.values()
    ends = {e.parameters["case"]: e.latest.ended for e in experiments if e.latest and e.latest.ended}
    causes = {case: end.cause for case, end in ends.items() if end.outcome == "failed"}
    assert causes == {"crash": "crash", "greedy": "out_of_memory", "large": "does_not_fit"}
    assert sorted(case for case, end in ends.items() if end.outcome == "scored") == ["a", "b", "c", "d", "e"]
    assert "RuntimeError: the engine was asked to crash" in "\n".join(ends["crash"].evidence)
    assert "needs 16 nvidia.com/gpu" in ends["large"].message
    assert all(end.cure for case, end in ends.items() if case in causes)
    run.check_nothing_is_left()


def test_each_attempt_says_what_it_ran_on_and_keeps_its_log_and_manifest(tuner: Callable[..., TunerOnCluster]) -> None:
    run = tuner(parameters={"tp_size": {"type": "choice", "values": [1]}})
    assert run.run() == 0, run.said()
    (hardware,) = run.of(ev.HardwareSeen)
    assert hardware.node and hardware.image.startswith("sha256:")
    phases = [event.phase for event in run.of(ev.WorkloadObserved)]
    assert phases[0] == "Pending" and phases[-1] == "Deleted" and "Running" in phases
    assert any(event.reason == "Scheduled" for event in run.of(ev.ClusterEventSeen))
    assert run.run_folder is not None
    folder = run.run_folder.attempt(1, 1)
    assert "listening on" in (folder / "engine.log").read_text()
    assert "kind: InferenceService" in (folder / "manifest.yaml").read_text()
    codes = {note.code for note in run.of(ev.RunNote)}
    assert {"way", "forward_latency"} <= codes
