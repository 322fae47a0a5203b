"""What killed runs left behind on this machine: found, and removed one by one. A run under way is never touched.

Objects in clusters: `cluster_leftovers`. A run's journal is not written either: its host alone does that, and a resume
notes what it does not find any more.
"""

from __future__ import annotations

import re
import shutil
import socket
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autotuner_core.deploy.orphans import Orphan, find_orphans
from autotuner_core.run.events import HostStarted
from autotuner_core.run.folder import ALPHABET, RUN_ID_LENGTH, RunFolder, benchmark_results_dir
from autotuner_core.run.holders import Holder, holder_in, look
from autotuner_core.run.journal import read_journal
from autotuner_core.run.locks import FileLock, LockHeld
from autotuner_core.steer.place import check_safe, socket_folder, socket_path

SETTLED_SECONDS = 60.0
"""What was touched within this time may be just being written."""

_RUN_ID = re.compile(f"[{ALPHABET}]{{{RUN_ID_LENGTH}}}")
_OWN_FILES = re.compile(r"journal\.jsonl|task\.json|host\.log|host\.lock|genai-bench\.log|\..*\.(part|stale)")
_HALF_WRITTEN = ("*.part", ".*.part", ".*.stale", "*.clean")


@dataclass(frozen=True)
class Leftover:
    """One thing. `kind` is process, lock, socket, file or folder, or the kind of an object in a cluster. `remove`
    raises OSError where that cannot be done. `since`: when the process began, the object was made or the file was
    touched last (seconds since the epoch), where that is known. Of an object, `cluster` is the context, `its_run` tells
    whether its run is alive, and `kept` that it is therefore left alone."""

    kind: str
    name: str
    run_id: str
    remove: Callable[[], None] = field(compare=False, repr=False)
    since: float | None = field(default=None, compare=False)
    cluster: str = ""
    its_run: str = field(default="", compare=False)
    kept: bool = field(default=False, compare=False)


def find_leftovers(runs: Collection[RunFolder], results: Collection[Path], only: RunFolder | None) -> list[Leftover]:
    """What is left of `runs` and in the results folders `results`, processes first; or of the run `only`."""
    found = [*_processes(only)]
    for run in [only] if only else runs:
        if is_free(run.host_lock):
            found += _of_run(run)
    if only is None:
        for folder in results:
            found += _of_results(folder)
    return list(dict.fromkeys([*found, *_sockets(only)]))


def _processes(only: RunFolder | None) -> Iterator[Leftover]:
    for orphan in find_orphans():
        if only is None or orphan.run_id == only.run_id:
            yield Leftover("process", str(orphan.stray), orphan.run_id, partial(_end, orphan), orphan.stray.started)


def _end(orphan: Orphan) -> None:
    if not orphan.end():
        raise OSError("it did not end after SIGKILL: it waits in the kernel (look at dmesg)")


def _of_run(run: RunFolder) -> Iterator[Leftover]:
    for lock in (run.host_lock, run.task_lock):
        yield from _lock(lock, run.run_id)
    places = [run.root, *benchmark_results_dir(run.results_dir).glob(f"{run.task_name}-exp*/{run.run_id}-attempt*")]
    for place in places:
        for path in sorted({path for pattern in _HALF_WRITTEN for path in place.rglob(pattern)}):
            yield _file(path, run.run_id)


def _lock(path: Path, run_id: str) -> Iterator[Leftover]:
    """A lock whose holder is dead for certain. One that another machine holds, or held, is left to --take-over. The
    task's is that of the run whose host took it; `run_id` where that cannot be read."""
    if path.exists() and is_free(path):
        holder = _holder(path)
        whose = holder.run_id if holder is not None and holder.run_id else run_id
        yield Leftover("lock", str(path), whose, partial(_remove_lock, path), _touched(path))


def _holder(path: Path) -> Holder | None:
    try:
        return holder_in(look(path)[0])
    except OSError:
        return None


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock, and nobody may hold it."""
    try:
        FileLock(path, "").refuse_if_held()
    except FileNotFoundError:
        return True
    except (LockHeld, OSError):
        return False
    return True


def _remove_lock(path: Path) -> None:
    lock = FileLock(path, "")
    try:
        lock.acquire()
    except LockHeld as held:
        raise OSError(str(held)) from held
    lock.release()


def _of_results(folder: Path) -> Iterator[Leftover]:
    """Half-written results files, and folders of runs that never began."""
    for pattern in (".*.part", "*/.*.part", "*/.*.stale"):
        for path in sorted(folder.glob(pattern)):
            if _is_settled(path):
                yield _file(path, "")
    for path in sorted(folder.glob("*/*/")):
        if _RUN_ID.fullmatch(path.name) and _never_began(RunFolder(path)):
            yield Leftover("folder", str(path), path.name, partial(shutil.rmtree, path), _touched(path))


def _never_began(run: RunFolder) -> bool:
    """Whether no host ever had it in hand, and nothing but files of ours is in it."""
    return (
        _is_settled(run.root)
        and is_free(run.host_lock)
        and all(_OWN_FILES.fullmatch(path.name) for path in run.root.iterdir())
        and not any(isinstance(event, HostStarted) for event in read_journal(run.journal))
    )


def _sockets(only: RunFolder | None) -> Iterator[Leftover]:
    folder = socket_folder()
    try:
        check_safe(folder)
    except OSError:  # there is none, or it is another's
        return
    for path in [socket_path(only)] if only else sorted(folder.iterdir()):
        if path.is_socket() and _nobody_listens(path):
            remove = partial(path.unlink, missing_ok=True)
            yield Leftover("socket", str(path), path.name.partition("-")[0], remove, _touched(path))


def _nobody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1.0)
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _file(path: Path, run_id: str) -> Leftover:
    return Leftover("file", str(path), run_id, partial(path.unlink, missing_ok=True), _touched(path))


def _is_settled(path: Path) -> bool:
    touched = _touched(path)
    return touched is not None and abs(time.time() - touched) > SETTLED_SECONDS


def _touched(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
