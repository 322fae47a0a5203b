"""A service of the stand-in's goes with what owns it, as it was recorded of the real OME: a Job whose time is over, and
a ConfigMap that is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.kube.kinds import CONFIG_MAP, DEPLOYMENT, INFERENCE_SERVICE, JOB, POD
from cluster.cluster import Cluster
from on_cluster.recordings import recording
from on_cluster.replayed import NAME, service
from on_cluster.seen import Seen, watched
from waiting import wait_for

Object = dict[str, Any]


@pytest.mark.parametrize("owner", ["owner-par0", "owner-cm"])
def test_a_service_goes_with_its_owner_whatever_the_controller_does(
    cluster: Cluster, engines: None, either_ome: str, namespace: str, owner: str
) -> None:
    assert any("isvc gone" in str(line.get("note")) for line in recording(either_ome, owner))
    seen = Seen(namespace, ISVC=NAME)
    with watched(cluster, seen, INFERENCE_SERVICE) as client:
        lease = client.create(*(a_lease() if owner == "owner-par0" else a_map()), namespace)
        about = {key: lease["metadata"][key] for key in ("name", "uid")}
        body = service({"runtime": "misbehaving-rt"})
        body["metadata"]["ownerReferences"] = [{"apiVersion": lease["apiVersion"], "kind": lease["kind"], **about}]
        client.create(INFERENCE_SERVICE, body, namespace)
        wait_for(lambda: "True" in seen.states("EngineReady")[-1:], 60, what="EngineReady")
        if owner == "owner-par0":
            client.patch(JOB, about["name"], {"spec": {"activeDeadlineSeconds": 1}}, namespace)
        else:
            client.delete(CONFIG_MAP, about["name"], namespace, propagation="Background")
        wait_for(lambda: not client.list(INFERENCE_SERVICE, namespace)[0], 60, what="its end")
        wait_for(lambda: not client.list(POD, namespace)[0], 60, what="its pod's end")
        wait_for(lambda: not client.list(DEPLOYMENT, namespace)[0], 60, what="its Deployment's end")


def a_lease() -> tuple[Any, Object]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "none", "image": "none"}]}
    limits = {"activeDeadlineSeconds": 600, "ttlSecondsAfterFinished": 0, "backoffLimit": 0}
    spec = {"parallelism": 0, **limits, "template": {"spec": pod}}
    return JOB, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "lease"}, "spec": spec}


def a_map() -> tuple[Any, Object]:
    return CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lease"}}
