"""Taking a run in hand again that was stopped or died."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from autotuner_core.engine.clear_up import clear_up_after
from autotuner_core.engine.commands.queued import queue_again
from autotuner_core.engine.held_run import HostOptions, acquire, hold, record_host
from autotuner_core.engine.hidden import SecretsMissing, with_secrets
from autotuner_core.engine.host import Host
from autotuner_core.engine.neighbours import tell_of_neighbours
from autotuner_core.engine.other_hands import who_else_has
from autotuner_core.engine.placement import Placement
from autotuner_core.engine.trouble import failed_by_surroundings, trouble_of
from autotuner_core.failures import TROUBLES
from autotuner_core.plan.build import build_plan
from autotuner_core.plan.plan import Plan
from autotuner_core.report.results import results_draft
from autotuner_core.report.results_file import write_results
from autotuner_core.run.events import RunNote
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal_health import JournalHealth, read_with_health
from autotuner_core.run.run_state import RunState
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import task_from_json
from autotuner_core.task.model import Task


class NotResumable(Exception):
    """The run cannot go on; the message says why and what can be done instead."""


def resume_run(folder: RunFolder, options: HostOptions) -> Host:
    """A run that was stopped or died, taken in hand again: what its last host left running is ended, finished
    experiments stay, the one under way is begun again, or goes on where its server outlived the host.

    Raises NotResumable, LockHeld, OSError and JournalWriteError.
    """
    with contextlib.ExitStack() as undo:
        locks = acquire(folder, options, undo)
        events, health = read_with_health(folder.journal)
        state = RunState.of(events)
        _refuse_what_cannot_go_on(folder, state, health)
        again = _to_measure_again(state, options)
        if state.end is not None and state.end.reason == "completed" and not state.queue and not again:
            _renew_results(folder, state)
            raise NotResumable(f"run {folder.run_id} is complete; `report {folder.run_id}` shows it")
        _return_to(state.machine.get("folder"))
        task, plan = _as_it_was(state)
        in_trouble = _in_trouble(state)
        last_host = state.host
        assert last_host is not None
        placement = Placement.from_json(state.placement).but(options.placement)
        under_way = tuple((e.id, a.attempt) for e in state.experiments.values() for a in e.attempts if a.ended is None)
        left = under_way if task.backend == "ome" else ()
        run = hold(folder, task, plan, locks, state, last_host.token, undo, placement, left)
        record_host(run, resumed=True)
        clear_up_after(last_host, run, under_way)
        for warning in health.warnings():
            run.ledger.record(RunNote(text=warning, level="warning", code="journal_damaged"))
        if in_trouble:
            again = list(dict.fromkeys((*again, *failed_by_surroundings(state))))
        queue_again(run.ledger, [state.experiments[number] for number in again])
        tell_of_neighbours(run)
        host = Host(run, options)
        undo.pop_all()
        return host


def _in_trouble(state: RunState) -> bool:
    """Whether the run ended, died or was paused by its surroundings or its access."""
    if state.paused is not None and state.paused.by in TROUBLES:
        return True
    return state.end.reason in TROUBLES if state.end is not None else trouble_of(state) is not None


def _refuse_what_cannot_go_on(folder: RunFolder, state: RunState, health: JournalHealth) -> None:
    """Raises NotResumable where there is no run, one that this version would go on with wrongly, or one that another
    process has in hand by another folder."""
    if health.is_newer:
        raise NotResumable(
            f"a newer version of autotuner-tui recorded run {folder.run_id} (its journal is of version "
            f"{health.version}): go on with that one; `report {folder.run_id}` shows as much as this one understands"
        )
    if not state.run_id or state.host is None:
        damaged = " ".join(("", *health.warnings())) if health.damaged else ""
        raise NotResumable(f"{folder.journal} holds no run that was started; begin a new one{damaged}")
    if (told := who_else_has(folder, state.host.token)) is not None:
        raise NotResumable(told)


def _renew_results(folder: RunFolder, state: RunState) -> None:
    """A host that died between its last event and the results file left an older one, or none. That of another run of
    the task is left alone. Raises OSError."""
    try:
        there = json.loads(folder.results_file.read_text(encoding="utf-8"))
        mine = isinstance(there, dict) and there.get("run_id") == folder.run_id
    except (FileNotFoundError, ValueError):
        mine = True
    if mine:
        write_results(results_draft(state), folder.results_file)


def _return_to(folder: str | None) -> None:
    """Relative paths in a task are relative to where its run began. Raises NotResumable where that is gone."""
    if folder is None or folder == str(Path.cwd()):
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise NotResumable(f"the run began in {folder}, to which its paths are relative: {error.strerror}") from error


def _to_measure_again(state: RunState, options: HostOptions) -> list[int]:
    """The experiments that were asked for by number, or as failed. Raises NotResumable where there is none such."""
    if options.rerun == "failed":
        failed = [experiment.id for experiment in state.experiments.values() if experiment.status == "failed"]
        if not failed:
            raise NotResumable(f"no experiment of run {state.run_id} has failed: there is nothing to measure again")
        return failed
    if unknown := [number for number in options.rerun if number not in state.experiments]:
        raise NotResumable(f"run {state.run_id} has no experiment {unknown[0]}; it has {len(state.experiments)}")
    return list(options.rerun)


def _as_it_was(state: RunState) -> tuple[Task, Plan]:
    """The recorded task and its plan, made again. Raises NotResumable where this version plans it differently: its
    experiments would be others under the same numbers."""
    try:
        task = task_from_json(with_secrets(state.task))
    except SecretsMissing as error:
        raise NotResumable(str(error)) from error
    except TaskError as error:
        reason = error.findings[0].message
        raise NotResumable(
            f"the recorded task is none that this version can run ({reason}); begin a new run"
        ) from error
    plan = build_plan(task)
    now = plan.to_json()
    if state.plan and any(now[part] != state.plan.get(part) for part in ("experiments", "levels")):
        tuner = state.versions.get("autotuner-tui", "another version")
        raise NotResumable(
            f"autotuner-tui {tuner} planned this run differently: go on with that one, or begin a new run"
        )
    return task, plan
