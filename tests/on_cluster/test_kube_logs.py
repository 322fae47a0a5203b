"""An engine's log on a real node: whole, in order, nothing twice, through crashes and cut connections."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_core.kube import container_log
from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.logs import LogFollower
from cluster.cluster import Cluster
from cluster.host_python import host_python
from cluster.pods import create, pod_of
from on_cluster.relay import Relay
from waiting import wait_for

LINES = 400
# Both outputs are written, a line at a time; it crashes once, at the end of its first life.
ENGINE = f"""
import os, pathlib, sys, time
life = len(list(pathlib.Path("/lives").iterdir()))
pathlib.Path(f"/lives/{{life}}").touch()
for number in range({LINES}):
    os.write(1 + number % 2, f"life {{life}} line {{number}}\\n".encode())
    time.sleep(0.005)
if life == 0:
    os.write(2, b"out of memory\\n")
    sys.exit(1)
time.sleep(600)
"""
ALL = {f"life {life} line {number}" for life in (0, 1) for number in range(LINES)}


@pytest.fixture
def client(cluster: Cluster) -> KubeClient:
    return KubeClient.connect(Access(cluster.kubeconfig))


def begin(cluster: Cluster, namespace: str) -> None:
    pod = host_python().pod("engine", ["-c", ENGINE])
    pod["spec"]["volumes"].append({"name": "lives", "emptyDir": {}})
    mounts = pod["spec"]["containers"][0]["volumeMounts"]
    pod["spec"]["containers"][0]["volumeMounts"] = [*mounts, {"name": "lives", "mountPath": "/lives"}]
    create(cluster, namespace, pod)
    wait_for(lambda: restarts(cluster, namespace) is not None, 60, what="the engine")


def restarts(cluster: Cluster, namespace: str) -> int | None:
    """None before it was started."""
    statuses = pod_of(cluster, namespace, "engine").get("status", {}).get("containerStatuses") or [{}]
    has_run = "running" in statuses[0].get("state", {}) or statuses[0].get("restartCount")
    return int(statuses[0]["restartCount"]) if has_run else None


def check(file: Path) -> None:
    lines = file.read_text().splitlines()
    numbered = [line for line in lines if line.startswith("life")]
    assert len(numbered) == len(set(numbered)) and set(numbered) == ALL
    mark = lines.index("--- the container was started again (restart 1) ---")
    assert lines.index("out of memory") < mark
    assert {line[:6] for line in lines[:mark] if line.startswith("life")} == {"life 0"}
    assert {line[:6] for line in lines[mark + 1 :]} == {"life 1"}


def is_whole(file: Path) -> bool:
    return f"life 1 line {LINES - 1}" in file.read_text() if file.is_file() else False


def test_a_log_is_followed_through_a_crash_and_cut_connections(
    cluster: Cluster, client: KubeClient, namespace: str, tmp_path: Path
) -> None:
    file = tmp_path / "engine.log"
    begin(cluster, namespace)
    follower = LogFollower(client, "engine", namespace, "engine", file)
    follower.start()
    for cut in range(4):
        wait_for(lambda cut=cut: file.is_file() and file.read_text().count("line") > 150 * cut, 60, what="lines")
        if (stream := follower._stream) is not None:
            stream.close()
    wait_for(lambda: is_whole(file), 60, what="the last line")
    follower.stop()
    check(file)


def test_who_comes_late_or_back_after_the_hosts_death_gets_the_rest(
    cluster: Cluster, client: KubeClient, namespace: str, tmp_path: Path
) -> None:
    early, late = tmp_path / "early.log", tmp_path / "late.log"
    begin(cluster, namespace)
    first = LogFollower(client, "engine", namespace, "engine", early)
    first.start()
    wait_for(lambda: early.is_file() and early.read_text().count("line") > 100, 60, what="lines")
    first._stopped.set()  # as if its host had been killed: no last look
    assert first._stream is not None
    first._stream.close()
    first._thread.join(10)
    wait_for(lambda: restarts(cluster, namespace) == 1, 60, what="the crash")
    followers = [LogFollower(client, "engine", namespace, "engine", file, restarts=1) for file in (early, late)]
    for follower in followers:
        follower.start()
    for file in (early, late):
        wait_for(lambda file=file: is_whole(file), 60, what="the last line")
    again = LogFollower(client, "engine", namespace, "engine", early, restarts=1)
    again.start()
    for follower in (*followers, again):
        follower.stop()
    check(early)
    check(late)


def test_what_is_said_last_is_there_after_the_stop(
    cluster: Cluster, client: KubeClient, namespace: str, tmp_path: Path
) -> None:
    begin(cluster, namespace)
    follower = LogFollower(client, "engine", namespace, "engine", tmp_path / "engine.log")
    wait_for(lambda: f"life 1 line {LINES - 1}\n" in cluster.kubectl("logs", "engine", "-n", namespace), 60)
    follower.stop()  # it never began
    check(tmp_path / "engine.log")


def test_a_crash_behind_a_connection_that_is_open_and_dead_leaves_no_gap(
    cluster: Cluster, relay: Relay, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_log, "SILENCE_SECONDS", 4.0)
    file = tmp_path / "engine.log"
    begin(cluster, namespace)
    client = KubeClient.connect(Access(relay.kubeconfig(cluster, tmp_path / "config")))
    follower = LogFollower(client, "engine", namespace, "engine", file)
    follower.start()
    wait_for(lambda: file.is_file() and file.read_text().count("line") > 20, 60, what="lines")
    relay.freeze()
    wait_for(lambda: restarts(cluster, namespace) == 1, 60, what="the crash")
    follower.saw(1)  # as the watch of the pod tells it
    wait_for(lambda: is_whole(file), 60, what="the last line")
    follower.stop()
    check(file)
