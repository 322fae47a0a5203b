"""An API server that is overloaded, broken, or forgets what its watches saw, under a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from on_cluster.rude_api import RudeApi, expired, status
from on_cluster.tuning import TunerOnCluster
from stub_load import held_benchmark

Tuner = Callable[..., TunerOnCluster]


@pytest.fixture
def rude(cluster: Cluster, tmp_path: Path) -> Iterator[RudeApi]:
    rude = RudeApi(cluster, tmp_path)
    yield rude
    rude.close()


def test_watches_that_are_told_410_and_answers_of_429_and_500_cost_no_experiment(
    rude: RudeApi, tuner: Tuner, tmp_path: Path
) -> None:
    let_go = tmp_path / "let-go"
    run = tuner(benchmark=held_benchmark(tmp_path, let_go))
    run.run_options = ("--direct", "--kubeconfig", str(rude.kubeconfig))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    rude.answer(r"^GET .*watch=true", expired())
    rude.cut()
    rude.until_answered(5, "watches that are told that they are too old")
    rude.answer(r"^(POST|PATCH|DELETE) /apis", status(429, "TooManyRequests", "slow down", Retry_After="1"))
    let_go.touch()
    rude.until_answered(2, "changes that are too many")
    rude.answer(r"^(POST|PATCH|DELETE) /apis", status(500, "InternalError", "etcdserver: no leader"))
    rude.until_answered(2, "changes that meet a fault")
    rude.answer(".", status(500, "InternalError", "etcdserver: no leader"))
    rude.until_answered(3, "requests that meet a fault")
    rude.behave()
    assert process.wait(120) == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored", "scored"], run.said()
    told = " ".join(note.text for note in run.of(ev.RunNote))
    assert "slow down" in told and "no leader" in told, told
