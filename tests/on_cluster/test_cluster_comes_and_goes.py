"""Several clusters on one machine, and nothing left of any: taken down, killed half up, or with its session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster import cgroups, lifecycle
from cluster.cluster import Cluster
from cluster.errors import ClusterError
from cluster.parts import KUBERNETES
from cluster.places import REPOSITORY, SESSION_PREFIX, Place
from cluster.pods import box, container_of, create, wait_ready
from waiting import wait_for


def assert_nothing_is_left(place: Place) -> None:
    """No file, interface, control group, mount or process."""
    assert not place.state.exists() and not place.lock.exists()
    assert not Path(f"/sys/class/net/{place.interface}").exists()
    assert not [group for group in cgroups.roots(place.cgroup) if group.exists()]
    assert str(place.state) not in Path("/proc/self/mountinfo").read_text()
    assert processes_of(place) == []


def processes_of(place: Place) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(place.state) in (words := path.read_text()):
                found.append(words.replace("\0", " "))
    return found


@pytest.fixture(scope="module")
def other(test_cluster: Cluster) -> Iterator[Cluster]:
    """A second cluster, with the project's own CRDs; nothing of it is left, whatever ran in it."""
    place = Place(f"{SESSION_PREFIX}{os.getpid()}-other")
    try:
        yield lifecycle.up(place, lifecycle.Options(gpus=2, own_crds=True, tied=True), print)
    finally:
        lifecycle.down(place)
    assert_nothing_is_left(place)


def test_clusters_stand_side_by_side(cluster: Cluster, namespace: str, other: Cluster) -> None:
    create(cluster, namespace, box("neighbour", "sleep 600"))
    create(other, "autotuner", box("ours", "sleep 600", resources={"limits": {"nvidia.com/gpu": "2"}}))
    wait_ready(other, "autotuner", "ours")
    wait_ready(cluster, namespace, "neighbour")
    other.restart("kubelet")
    for where, space, name in ((cluster, namespace, "neighbour"), (other, "autotuner", "ours")):
        container = container_of(where, space, name)
        assert container["restartCount"] == 0  # a kubelet that took the neighbour's groups for its own would end it
    processes = [one.parts.pid(part) for one in (cluster, other) for part in KUBERNETES]
    assert all(processes) and len(set(processes)) == len(processes)


def test_the_projects_own_crds_take_what_ome_takes_and_refuse_what_it_refuses(other: Cluster) -> None:
    strictly = ("create", "--dry-run=server", "--validate=strict", "-f")
    files = [path for path in sorted((REPOSITORY / "examples" / "ome").glob("*.yaml")) if "ome.io/" in path.read_text()]
    assert len(files) >= 3
    for path in files:
        assert "created" in other.kubectl(*strictly, path)
        with pytest.raises(ClusterError, match=r'unknown field "spec\.disable"'):
            other.kubectl(*strictly, "-", input=path.read_text().replace("\nspec:\n", "\nspec:\n  disable: true\n"))


def test_what_a_kill_in_the_middle_left_is_cleared(cluster: Cluster) -> None:
    place = Place(f"killed-{os.getpid()}")
    words = [sys.executable, "-m", "tests.cluster", "up", "--name", place.name]
    with subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as up:
        try:
            wait_for(place.record("containerd").exists, what="a cluster half up")
        finally:
            up.kill()
    try:
        assert processes_of(place)
    finally:
        lifecycle.down(place)
    assert_nothing_is_left(place)


def test_a_sessions_cluster_ends_with_the_session(cluster: Cluster) -> None:
    """However that ended; the next that is brought up clears the folder."""
    place = Place(f"{SESSION_PREFIX}{os.getpid()}-killed")
    code = "from tests.cluster import lifecycle, places; "
    code += f"lifecycle.up(places.Place({place.name!r}), lifecycle.Options(tied=True), print)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.DEVNULL) as up:
        try:
            wait_for(place.record("containerd").exists, what="a cluster half up")
        finally:
            up.kill()
    wait_for(lambda: not processes_of(place), what="the end of its processes")
    lifecycle.sweep()
    assert_nothing_is_left(place)
