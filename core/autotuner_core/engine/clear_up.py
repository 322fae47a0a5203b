"""After a host that died: what it left running on this machine is ended."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.deploy.orphans import end_left, find_left
from autotuner_core.deploy.strays import find_strays
from autotuner_core.engine.held_run import HeldRun
from autotuner_core.run.events import (
    AttemptEnded,
    HostStarted,
    ResourceCreated,
    ResourceIntended,
    ResourceRemoved,
    RunNote,
)


def clear_up_after(last: HostStarted, run: HeldRun, under_way: Sequence[tuple[int, int]]) -> None:
    """End what still runs here of what a dead host started, and close the attempts (experiment, attempt) that died with
    `last`; those of `run.left` are looked at once there is a way to their servers (taken_over.py).

    Raises JournalWriteError.
    """
    if not _was_here(last, run):
        text = (
            f"the last host was process {last.pid} on {last.host}: what it may have left running there cannot be seen "
            "from here; `autotuner-tui clean` on that host ends it"
        )
        run.ledger.record(RunNote(text=text, level="warning", code="left_on_another_host"))
    left = _end_what_is_left(run)
    for resource in run.ledger.read(lambda state: list(state.resources.values())):
        if _is_gone(resource, last, run, left):
            run.ledger.record(ResourceRemoved.of(resource))
    for experiment, attempt in under_way:
        _hide_secrets(run, experiment, attempt)
        if (experiment, attempt) not in run.left:
            run.ledger.record(closed(experiment, attempt))


def closed(experiment: int, attempt: int) -> AttemptEnded:
    """The end of an attempt that died with its host."""
    return AttemptEnded(
        experiment=experiment,
        attempt=attempt,
        outcome="interrupted",
        cause="interrupted",
        message="its host was gone",
    )


def _end_what_is_left(run: HeldRun) -> set[int]:
    """Ends what the last host started; the pids of what carries the run's token all the same."""
    found = find_left(run.token)
    end_left(run.token)
    still_there = {stray.pid: stray for stray in find_strays(run.token)}
    for stray in found:
        text, level = f"the last host left {stray} behind; it was ended", "note"
        if still_there.pop(stray.pid, None) is not None:
            text, level = f"the last host left {stray} behind, and it cannot be ended", "warning"
        run.ledger.record(RunNote(text=text, level=level, code="stray"))
    for stray in still_there.values():
        text = f"{stray} was started for this run, by a host of which nothing is known here: it was left alone"
        run.ledger.record(RunNote(text=text, level="warning", code="stray"))
    return {stray.pid for stray in find_strays(run.token)}


def _hide_secrets(run: HeldRun, experiment: int, attempt: int) -> None:
    """A killed host could not do it any more; the engine's log is as the engine wrote it."""
    log = run.folder.attempt(experiment, attempt) / "engine.log"
    try:
        run.ledger.secrets.hide_in_file(log)
    except OSError as error:
        text = f"{log} could not be cleared of secrets: {error}"
        run.ledger.record(RunNote(text=text, level="warning", code="secrets_not_hidden", experiment=experiment))


def _was_here(last: HostStarted, run: HeldRun) -> bool:
    """Whether the last host ran where this one does, so that what it started can be seen."""
    me = run.locks[0].me
    return last.host == me.host and (not last.machine or _system(last.machine) == _system(me.machine))


def _system(machine: str) -> str:
    """Without the boot: what ran before a reboot is seen to be gone."""
    return machine.partition("/")[2]


def _is_gone(resource: ResourceIntended | ResourceCreated, last: HostStarted, run: HeldRun, left: set[int]) -> bool:
    """Whether it was seen to be gone: a process of this host whose token no process has any more."""
    if resource.kind != "process" or not _was_here(last, run):
        return False
    pid = resource.pid if isinstance(resource, ResourceCreated) else None
    return pid not in left if pid is not None else not left
