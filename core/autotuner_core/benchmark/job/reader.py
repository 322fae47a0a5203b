"""What lies on the claim of an attempt, brought home."""

from __future__ import annotations

import zlib
from pathlib import Path

from autotuner_core.benchmark.job.names import image_of
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.benchmark.job.reports import SAMPLES, Pieces
from autotuner_core.benchmark.volume.reader import ReaderParts, Results, read_results
from autotuner_core.benchmark.volume.reader_trouble import unread
from autotuner_core.control import Scope


def bring_results(parts: JobParts, pod: JobPod, files: Path, scope: Scope) -> list[str]:
    """Bring genai-bench's own files of an attempt to the folder `files`; their names. Raises ExperimentFailure and
    Interrupted."""
    return [place.relative_to(files).as_posix() for place in _read(parts, pod, files, scope, ".json,.jsonl")]


def bring_samples(parts: JobParts, pod: JobPod, pieces: Pieces, scope: Scope) -> None:
    """Bring the rows that `pieces` lack. Raises ExperimentFailure and Interrupted."""
    files = parts.folder.benchmark_files(pod.order.experiment, pod.order.attempt)
    places = _read(parts, pod, files, scope, SAMPLES)
    data = next((place.read_bytes() for place in places if place.name == SAMPLES), b"")
    if zlib.crc32(data[: pieces.size]) != pieces.crc:
        said = f"{SAMPLES} there is not what came through the log of the pod of {pod.manifest.name}"
        raise unread(pod.manifest.claim, pod.manifest.folder, said, pod.tail(), cure="It is tried again.")
    pieces.append(data[pieces.size :])


def _read(parts: JobParts, pod: JobPod, files: Path, scope: Scope, endings: str) -> list[Path]:
    order, manifest = pod.order, pod.manifest
    results = Results(order.experiment, order.attempt, manifest.claim, manifest.folder, endings, pod.node)
    readers = ReaderParts(
        parts.client,
        parts.where,
        parts.recorder,
        parts.control,
        parts.lease,
        parts.services,
        image_of(parts.where.task),
    )
    with parts.waits.within(scope):
        return read_results(readers, results, files, scope)
