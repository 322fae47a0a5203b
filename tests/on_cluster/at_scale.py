"""Runs of many experiments at once on fake nodes, where nothing answers: one small server stands at the address of
every engine, and a stub in the load generator's place. All else is what a user's run is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autotuner_core.run import events as ev
from cluster.cluster import Cluster
from cluster.fake_nodes import SELECTOR
from misbehaving import Misbehaving
from on_cluster.catalog import MODEL
from on_cluster.tuning import TunerOnCluster
from stub_load import held_benchmark
from waiting import wait_for

LABELS = {f"models.ome.io/clusterbasemodel.{MODEL}": "Ready"}
"""Of a node that has the model."""
NAMES = """
import socket

_ask = socket.getaddrinfo


def getaddrinfo(host, port, *more, **named):
    if isinstance(host, str) and host.endswith(".svc.cluster.local"):
        host, port = "127.0.0.1", {port}
    return _ask(host, port, *more, **named)


socket.getaddrinfo = getaddrinfo
"""
"""What every Python of the run loads: the names of services lead to the one server, as they lead to engines within a
cluster."""


class ManyAtOnce(TunerOnCluster):
    """So many experiments, all under way at once. Their levels last until `end_load`."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, count: int, port: int) -> None:
        self.count = count
        super().__init__(
            cluster,
            namespace,
            folder,
            parameters={"any": {"type": "choice", "values": list(range(count))}},
            optimization={"max_parallel": count, "timeout_per_iteration": 300},
            benchmark=held_benchmark(folder, folder / "let-go-{experiment}", model_name=MODEL),
            kubernetes={"node_selector": SELECTOR},
        )
        names = folder / "names"
        names.mkdir()
        (names / "sitecustomize.py").write_text(NAMES.format(port=port))
        self.environment["PYTHONPATH"] = f"{names}:{self.environment.get('PYTHONPATH', '')}"

    def until_all_are_loaded(self, seconds: float) -> None:
        """Wait until every engine is under load. Raises AssertionError with what the run said where it ends before, or
        is too late."""

        def loaded() -> bool:
            assert not self.of(ev.AttemptEnded), self.said()
            return len({event.experiment for event in self.of(ev.LevelStarted)}) == self.count

        try:
            wait_for(loaded, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.count} experiments under load\n{self.said()}") from None

    def end_load(self, experiment: int) -> None:
        """Let the levels of an experiment (from 1) end, now and from now on."""
        (self.folder / f"let-go-exp{experiment}").touch()


@contextmanager
def one_engine() -> Iterator[int]:
    """The server; its port on this machine."""
    with Misbehaving(model=MODEL) as server:
        yield server.port
