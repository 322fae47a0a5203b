"""BenchmarkJobs of the stand-in against those of the real OME, both versions: the same states in the same order, the
same silences.

Not replayed: `bj-created-1s-after-isvc-engine-slow`, which waits for the real one's next look, 60 s after its last; and
what becomes of genai-bench when the engine dies (`engine-dies-during-bj`, `isvc-deleted-during-bj`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.kube.kinds import BENCHMARK_JOB, EVENT, INFERENCE_SERVICE, JOB, PVC
from cluster.cluster import Cluster
from on_cluster.bench import VOLUMES, Bench, results
from on_cluster.recordings import recording
from on_cluster.replayed import HEALTHY
from on_cluster.seen import watched
from on_cluster.sent import laid_over
from waiting import wait_for

Object = dict[str, Any]


@pytest.fixture
def bench(cluster: Cluster, engines: None, namespace: str, tmp_path: Path) -> Iterator[Bench]:
    """With a claim for the results, in a folder of this machine."""
    volume, claim = results(namespace, tmp_path / "volume")
    cluster.api.ask("POST", VOLUMES, volume)
    (tmp_path / "load").mkdir()
    made = Bench(cluster, namespace, tmp_path / "load")
    with watched(cluster, made.seen, INFERENCE_SERVICE, BENCHMARK_JOB, JOB, EVENT) as client:
        made.client = client
        client.create(PVC, claim, namespace)
        yield made
        made.finish(0)
    cluster.api.ask("DELETE", f"{VOLUMES}/{volume['metadata']['name']}")


def recorded_states(version: str, case: str) -> list[Object]:
    """The status of the BenchmarkJob at each change, times as a word."""
    lines = [line for line in recording(version, case) if line["kind"] == BENCHMARK_JOB.name and line["name"] == "BJ"]
    return [line["changed"]["status"] for line in lines if "status" in line.get("changed", {})]


def steps_of(bench: Bench) -> list[Object]:
    """The same of ours."""
    steps = bench.seen.steps.get((BENCHMARK_JOB.name, "BJ"), [])
    return [{key: "TIME" if "Time" in key else said for key, said in step.items()} for step in steps]


@pytest.mark.parametrize(("case", "code"), [(HEALTHY, 0), ("bj-all-requests-fail", 1)])
def test_a_benchmark_takes_the_recorded_states(either_ome: str, bench: Bench, case: str, code: int) -> None:
    bench.serve()
    bench.client.create(BENCHMARK_JOB, bench.body(), bench.namespace)
    wait_for(bench.runs, 60, what="the load")
    bench.finish(code)
    recorded = recorded_states(either_ome, case)
    wait_for(lambda: bench.states()[-1:] == [recorded[-1]["state"]], 60, what=f"{recorded[-1]}")
    ours = [{**step, "startTime": "TIME"} for step in steps_of(bench) if step["state"] != "Pending"]
    assert ours == [{**step, "startTime": "TIME"} for step in recorded if step["state"] != "Pending"]
    assert [step["state"] for step in steps_of(bench)] == [step["state"] for step in recorded]
    bench.client.delete(BENCHMARK_JOB, "measured", bench.namespace, propagation="Background")
    wait_for(lambda: not bench.client.list(JOB, bench.namespace)[0], 30, what="the Job's end")


def test_a_benchmark_waits_for_its_service(either_ome: str, bench: Bench) -> None:
    bench.client.create(BENCHMARK_JOB, bench.body(), bench.namespace)
    wait_for(lambda: bench.states() == ["Pending"], 30, what="Pending")
    bench.serve()
    wait_for(lambda: bench.states() == ["Pending", "Running"], 80, what="Running, at a look 10 s later")


def test_an_unready_service_is_loaded_at_once_by_an_older_ome_and_waited_for_by_a_newer(
    either_ome: str, bench: Bench
) -> None:
    recorded = [step["state"] for step in recorded_states(either_ome, "bj-right-after-isvc-not-ready")]
    bench.serve(ready=False)
    bench.client.create(BENCHMARK_JOB, bench.body(), bench.namespace)
    wait_for(lambda: bench.states() == recorded, 30, what=f"{recorded}")
    assert bool(bench.client.list(JOB, bench.namespace)[0]) == ("Running" in recorded)


def test_touching_a_benchmark_that_waits_starts_it(bench: Bench) -> None:
    bench.client.create(BENCHMARK_JOB, bench.body(), bench.namespace)
    wait_for(lambda: bench.states() == ["Pending"], 30, what="Pending")
    bench.serve()
    bench.client.patch(BENCHMARK_JOB, "measured", {"metadata": {"annotations": {"a": "b"}}}, bench.namespace)
    wait_for(lambda: bench.states() == ["Pending", "Running"], 5, what="Running")


WAITS_FOR_EVER: dict[str, Object] = {
    "a claim that is missing": {
        "metadata": {"name": "waits"},
        "spec": {"outputLocation": {"storageUri": "pvc://no-such-claim/x"}},
    },
    "a name too long for a Job": {"metadata": {"name": "a" * 64}},
}


@pytest.mark.parametrize("why", WAITS_FOR_EVER)
def test_nothing_tells_why_a_benchmark_waits_for_ever(bench: Bench, why: str) -> None:
    bench.serve()
    body = laid_over(bench.body(), WAITS_FOR_EVER[why])
    name = body["metadata"]["name"]
    bench.client.create(BENCHMARK_JOB, body, bench.namespace)
    state = lambda: (bench.client.get(BENCHMARK_JOB, name, bench.namespace) or {}).get("status", {})  # noqa: E731
    wait_for(lambda: state().get("state") == "Pending", 30, what="Pending")
    bench.client.create(BENCHMARK_JOB, bench.body(), bench.namespace)
    wait_for(lambda: "Running" in bench.states(), 30, what="the turn of one that can")
    assert state()["state"] == "Pending"
    assert [job["metadata"]["name"] for job in bench.client.list(JOB, bench.namespace)[0]] == ["measured"]
    assert bench.seen.events(BENCHMARK_JOB) == set()


def test_the_load_outlives_a_benchmark_that_is_deleted_in_the_background(bench: Bench) -> None:
    bench.serve()
    bench.client.create(BENCHMARK_JOB, bench.body(ignores=True), bench.namespace)
    wait_for(bench.runs, 60, what="the load")
    bench.client.delete(BENCHMARK_JOB, "measured", bench.namespace, propagation="Background")
    wait_for(lambda: bench.client.get(BENCHMARK_JOB, "measured", bench.namespace) is None, 30, what="its end")
    assert bench.runs()


def test_a_benchmark_deleted_in_the_foreground_stays_until_its_load_is_gone(bench: Bench) -> None:
    bench.serve()
    bench.client.create(BENCHMARK_JOB, bench.body(ignores=True), bench.namespace)
    wait_for(bench.runs, 60, what="the load")
    bench.client.delete(BENCHMARK_JOB, "measured", bench.namespace, propagation="Foreground")
    finalizers = finalizers_of(bench)
    wait_for(lambda: finalizers() == ["foregroundDeletion"], 30, what="the controller's word")
    assert bench.runs()
    bench.finish(0)
    wait_for(lambda: bench.client.get(BENCHMARK_JOB, "measured", bench.namespace) is None, 60, what="its end")
    assert not bench.runs()


def finalizers_of(bench: Bench) -> Callable[[], Any]:
    def look() -> Any:
        body = bench.client.get(BENCHMARK_JOB, "measured", bench.namespace) or {"metadata": {}}
        return body["metadata"].get("finalizers")

    return look
