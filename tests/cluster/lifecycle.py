"""Bringing a cluster up and taking it down, wherever the last attempt at either was killed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import build, cgroups, credentials, images, network, objects, ome_part
from .cluster import Cluster
from .errors import ClusterError
from .holder import Holder
from .node import SOCKET
from .places import CLUSTERS, SESSION_PREFIX, Place
from .settings import OME_VERSIONS, Settings

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a cluster is to be like."""

    gpus: int = 8
    ome: str = OME_VERSIONS[0]  # whose ways the stand-in of OME's controller has
    own_crds: bool = False  # not OME's real CRDs although they are found: 500 MB and 5 s less
    tied: bool = False  # it ends with the calling process, however that ends; else it stays until `down`


def up(place: Place, options: Options, say: Say) -> Cluster:
    """Bring a cluster up; where one of this name is up already, or half, it is taken down first."""
    say = _with_time(say)
    sweep()
    with network.locked(place.lock):
        _clear(place)
        try:
            return _bring_up(place, options, say)
        except BaseException:
            _clear(place, keep_logs=True)
            raise


def down(place: Place) -> None:
    """Take a cluster down, or what is left of one; nothing of it stays."""
    with network.locked(place.lock):
        _clear(place)
    place.lock.unlink(missing_ok=True)


def sweep() -> None:
    """Clear what test sessions that were killed left: their processes ended with them, folders and groups did not."""
    for folder in CLUSTERS.glob(f"{SESSION_PREFIX}*"):
        place = Place(folder.name)
        try:
            with network.locked(place.lock, wait=False):
                if Holder(place).find() is None:
                    _clear(place)
                    place.lock.unlink(missing_ok=True)
        except BlockingIOError:
            continue  # one that is being brought up


def _clear(place: Place, *, keep_logs: bool = False) -> None:
    Holder(place).close()
    network.disconnect(place)
    cgroups.remove(place.cgroup)
    if place.state.exists():
        for path in place.state.iterdir():
            if path.is_dir() and not (keep_logs and path.name == "log"):
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
        if not keep_logs:
            place.state.rmdir()


def _bring_up(place: Place, options: Options, say: Say) -> Cluster:
    for folder in (place.state / "processes", place.state / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    place.state.chmod(0o700)
    holder = Holder(place)
    holder.open(tied=options.tied)
    way = network.connect(place, holder)
    tokens = credentials.make(place, way)
    Settings(way.inside, str(build.programs()), tokens["admin"], options.gpus, options.ome).save(place)
    cluster = Cluster(place, holder)
    say("namespaces, network, certificates")
    cluster.start("etcd")
    cluster.start("apiserver")
    cluster.start("containerd")
    with ThreadPoolExecutor(1) as background:
        imported = background.submit(_import_images, cluster)
        cluster.parts.wait("apiserver", cluster.api.ready)
        say("API server")
        for part in ("scheduler", "kube-proxy", "coredns", "registry"):
            cluster.start(part)
        objects.create_namespaces(cluster.api)
        objects.create_ome(cluster.api, own=options.own_crds)
        say("OME's CRDs")
        imported.result()
    cluster.start("controller-manager")
    cluster.start("kubelet")
    _finish(cluster, options.gpus, say)
    return cluster


def _import_images(cluster: Cluster) -> None:
    archive = cluster.place.state / "images.tar"
    images.write_archive(archive)

    def answers() -> bool:
        try:
            cluster.holder.run("ctr", "-a", SOCKET, "version")
        except ClusterError:
            return False
        return True

    cluster.parts.wait("containerd", answers)
    cluster.holder.run("ctr", "-a", SOCKET, "-n", "k8s.io", "images", "import", archive)
    archive.unlink()


def _finish(cluster: Cluster, gpus: int, say: Say) -> None:
    cluster.parts.wait("kubelet", lambda: objects.node_is_ready(cluster.api))
    cluster.node_gpus(gpus)
    cluster.parts.wait("controller-manager", lambda: objects.default_account_is_there(cluster.api))
    say("node")
    if ome_part.is_there():
        cluster.start("ome")
        say("stand-in of OME's controller")


def _with_time(say: Say) -> Say:
    start = time.monotonic()
    return lambda text: say(f"{time.monotonic() - start:5.1f} s  {text}")
