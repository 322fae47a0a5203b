"""What lies on a claim, brought home by a pod that prints it: no right to execute anything in a pod is needed.

A pod prints no more than a part of its results, smaller than the log that a node keeps; the next one goes on from the
first piece that is missing. Where a node keeps less, smaller parts are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.volume.manifests import render_reader
from autotuner_core.benchmark.volume.pieces import Pieces, VolumeFilesError
from autotuner_core.benchmark.volume.reader_pod import ReaderPod
from autotuner_core.benchmark.volume.reader_trouble import unread
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.lease import RunLease
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.ome.watch.watching import Watching
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

MOST_PIECES = 300
"""In one log: 3.7 MB, where nodes keep 10 MiB by default."""
MOST_CHANGES = 3
"""Of the files, while they are read: a benchmark that has ended changes none."""
FULL_BYTES = 64 << 10
"""Of free room, below which a volume counts as full: a file that is cut short is so for that reason."""


@dataclass(frozen=True)
class ReaderParts:
    """What all readers of a run share. `image` has Python."""

    client: KubeClient
    where: RunInCluster
    recorder: Recorder
    control: Control
    lease: RunLease
    watching: Watching
    image: str


@dataclass(frozen=True)
class Results:
    """An attempt's folder on a claim (below its root); of its files those are wanted whose names end in one of
    `endings`, separated by commas. `node` is where its volume may be attached still, empty where
    that is not known."""

    experiment: int
    attempt: int
    claim: str
    folder: str
    endings: str
    node: str = ""


def read_results(parts: ReaderParts, results: Results, into: Path, scope: Scope) -> list[Path]:
    """Bring the files of results into the folder `into`, each whole; their places. None are there
    where the benchmark wrote none. Raises ExperimentFailure (storage_full, image_pull, unschedulable, ...) and
    Interrupted."""
    pieces, most = Pieces(), MOST_PIECES
    while (first := pieces.missing) is not None:
        lines = _printed(parts, results, first, most, scope)
        with _told(results):
            new = pieces.take(lines)
        if pieces.fault is not None:
            raise _fault(results, pieces.fault)
        if pieces.changes > MOST_CHANGES:
            said, cure = (
                "the files change while they are read",
                "Something still writes there: see the pods that mount it.",
            )
            raise unread(results.claim, results.folder, said, cure=cure)
        if pieces.missing is not None and new < most:
            if most == 1:
                raise unread(results.claim, results.folder, "the reader's log does not arrive whole", cure=_LOG_CURE)
            most = max(1, most // 8)
    with _told(results):
        places = pieces.unpack(into)
    _refuse_cut(results, pieces, into, places)
    return places


_LOG_CURE = "`kubectl logs` of any pod on that node shows whether its logs can be read."


def _printed(parts: ReaderParts, results: Results, first: int, most: int, scope: Scope) -> list[str]:
    body = render_reader(
        parts.where,
        results.experiment,
        results.attempt,
        claim=results.claim,
        folder=results.folder,
        endings=results.endings,
        first=first,
        most=most,
        image=parts.image,
        node=results.node,
        owner=parts.lease.ensure(scope),
    )
    resource: dict[str, Any] = {"experiment": results.experiment, "attempt": results.attempt}
    return ReaderPod(parts, body, results.claim, results.folder, resource).printed(scope)


@contextmanager
def _told(results: Results) -> Iterator[None]:
    """What is wrong with what came, as a failure."""
    try:
        yield
    except VolumeFilesError as error:
        cure = "Look at the files there; the tuner reads nothing that it has not asked for."
        raise unread(results.claim, results.folder, str(error), cure=cure) from error
    except OSError as error:
        raise ExperimentFailure(
            FailureCause.STORAGE_FULL,
            f"results cannot be kept on this machine: {error}",
            cure="Make room where the run's folder is (--results-dir names another place).",
        ) from error


def _fault(results: Results, fault: Mapping[str, Any]) -> ExperimentFailure:
    beside = [str(name)[:200] for name in fault.get("beside") or ()]
    evidence = [str(fault.get("message"))[:500]]
    if fault.get("reason") == "missing":
        lies = f"beside it lie: {', '.join(beside)}" if beside else "nothing lies beside it"
        cure = "The benchmark wrote elsewhere, or nothing: its log tells. Somebody may have removed the folder."
        return unread(results.claim, results.folder, "the folder is not there", [*evidence, lies], cure=cure)
    cure = "The reader must have the right to read there: see the files' owner, and the security of the namespace."
    return unread(results.claim, results.folder, "the files cannot be read", evidence, cure=cure)


def _refuse_cut(results: Results, pieces: Pieces, into: Path, places: list[Path]) -> None:
    """On a full volume, a file that stops in the middle was not written whole. Raises ExperimentFailure."""
    if pieces.free is None or pieces.free >= FULL_BYTES:
        return
    cut = [str(place.relative_to(into)) for place in places if place.suffix == ".json" and not _is_json(place)]
    if cut or not places:
        raise ExperimentFailure(
            FailureCause.STORAGE_FULL,
            f"the claim {results.claim} is full: results were not written whole",
            evidence=(
                f"{pieces.free} of {pieces.size} bytes are free",
                *(f"{name} stops in the middle" for name in cut),
            ),
            cure="Remove old results from it, make it larger (where its storage class allows that), or name another in "
            "kubernetes.pvc.",
            retry=False,
        )


def _is_json(place: Path) -> bool:
    try:
        json.loads(place.read_bytes())
    except ValueError:
        return False
    return True
