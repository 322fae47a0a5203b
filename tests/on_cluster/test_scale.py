"""Many experiments at once cost the cluster's API server what one does, and a little more for each."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from cluster.fake_nodes import fake_nodes
from on_cluster.at_scale import LABELS, ManyAtOnce, one_engine
from on_cluster.audited import Audited

COUNT = 16
KINDS = ("inferenceservices", "deployments", "pods", "events")


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("catalog")
def test_many_experiments_at_once_share_one_watch_of_each_kind_and_leave_nothing(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    with fake_nodes(cluster, COUNT, LABELS), one_engine() as port:  # cold, its program is built: minutes
        run, audited = ManyAtOnce(cluster, namespace, tmp_path, COUNT, port), Audited(cluster, namespace)
        audited.takes(run, tmp_path)
        began, process = time.time(), run.begin()
        try:
            run.until_all_are_loaded(180)
            asked = audited.requests(began, time.time())
            for experiment in range(1, COUNT + 1):
                run.end_load(experiment)
            assert process.wait(180) == 0, run.said()
        finally:
            process.terminate()
            process.wait(60)
            audited.close()
        assert {what: asked[what] for what in asked if what.startswith("watch ")} == {f"watch {k}": 1 for k in KINDS}
        assert all(asked[f"list {kind}"] <= 2 for kind in KINDS)
        forwards = [event.name for event in run.of(ev.ResourceCreated) if event.name.endswith("port-forward")]
        assert not forwards, "all are loaded by the same way"
        assert run.state().counts()["success"] == COUNT
        run.check_nothing_is_left()
