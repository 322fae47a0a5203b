"""What the start screen lists: runs, tasks, examples. Read in a thread, again and again: what has not changed is not
read a second time."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotuner_core.run.folder import RunFolder
from autotuner_tui.recent_tasks import RecentTask, recent_tasks

MOST_RUNS = 100


@dataclass(frozen=True)
class ListedRun:
    """`told` is what `runs --json` tells of it."""

    folder: RunFolder
    created: float
    told: dict[str, Any]

    @property
    def under_way(self) -> bool:
        """Whether it has a host: it can be attached to."""
        return bool(self.told.get("host"))

    @property
    def resumable(self) -> bool:
        """Whether it can be gone on with."""
        return bool(self.told.get("resumable"))


@dataclass(frozen=True)
class Example:
    """An example task that comes with the program."""

    name: str
    path: Path
    about: str


@dataclass(frozen=True)
class StartLists:
    """Runs under way first, then the newest; tasks by when they were opened."""

    runs: tuple[ListedRun, ...] = ()
    tasks: tuple[RecentTask, ...] = ()
    examples: tuple[Example, ...] = ()


class Lister:
    """Keeps what it has read; one thread at a time calls `read`."""

    def __init__(self) -> None:
        self._rows: dict[Path, tuple[object, dict[str, Any]]] = {}
        self._examples: tuple[Example, ...] | None = None

    def read(self) -> StartLists:
        """How it stands now. Never fails: a run that cannot be read is told as such."""
        from autotuner_core.run.index import recorded_runs

        runs = [
            ListedRun(run.folder, run.created, self._row(run.folder, run.created)) for run in _newest(recorded_runs)
        ]
        runs.sort(key=lambda run: (not run.under_way, -run.created))
        if self._examples is None:
            self._examples = tuple(_examples())
        return StartLists(tuple(runs), recent_tasks(), self._examples)

    def _row(self, folder: RunFolder, created: float) -> dict[str, Any]:
        from autotuner_tui.cli.commands.runs import row_of

        mark = _mark(folder)
        known = self._rows.get(folder.root)
        if known is None or known[0] != mark:
            known = self._rows[folder.root] = (mark, row_of(folder, created))
        return known[1]


def _newest(recorded: Any) -> list[Any]:
    try:
        runs: list[Any] = recorded()
    except OSError:
        return []
    return runs[-MOST_RUNS:]


def _mark(folder: RunFolder) -> object:
    """Changes whenever what is told of the run may have changed."""
    from autotuner_core.run.holders import holder_of

    try:
        status = folder.journal.stat()
        return status.st_mtime_ns, status.st_size, holder_of(folder.host_lock)
    except OSError as error:
        return str(error)


def _examples() -> list[Example]:
    from autotuner_core.resources import examples
    from autotuner_tui.cli.commands.new import description_of

    try:
        return [Example(name, path, description_of(path)) for name, path in examples().items()]
    except OSError:  # an installation without them: the panel says so
        return []


def has_place(arguments: Namespace) -> bool:
    """Whether there is a GPU, or a way to a cluster. May take long where a driver hangs."""
    import os

    from autotuner_core.deploy.local.gpus import found_gpus
    from autotuner_core.failures import PreflightError
    from autotuner_core.kube.access import kubeconfig_files
    from autotuner_tui.cli.cluster import placement_of

    try:
        cluster = bool(kubeconfig_files(placement_of(arguments).access)) or "KUBERNETES_SERVICE_HOST" in os.environ
    except PreflightError:  # one is named, though not there: the task's preflight tells
        cluster = True
    return cluster or bool(found_gpus(os.environ))
