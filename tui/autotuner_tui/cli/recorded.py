"""Recorded runs: which one a word means, and how each stands."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder, holder_of
from autotuner_core.run.index import RunNotFound, find_run
from autotuner_core.run.journal_health import read_with_health
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.options import DEFAULT_RESULTS_DIR


def folder_of(arguments: Namespace) -> RunFolder:
    """The run that `arguments.which` means; one that is in no list is looked for in the results folder. Where another
    results folder than the usual one is named, only its runs are meant.

    Raises UserError.
    """
    word: str | None = arguments.which
    if word == "":
        raise UserError("the run's name is empty", cure="leave it out to mean the newest run, or name one")
    try:
        if arguments.results_dir != DEFAULT_RESULTS_DIR:
            return find_run(word, within=Path(arguments.results_dir))
        return find_run(word)
    except RunNotFound as error:
        found = [path.parent for path in Path(arguments.results_dir).glob("*/*/journal.jsonl")]
        meant = [path for path in found if word is None or path.name == word]
        if len(meant) == 1:
            return RunFolder(meant[0].absolute())
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"the list of runs cannot be read: {error}", cure="name the run by its folder") from error


def state_of(folder: RunFolder) -> RunState:
    """The fold of the run's journal. Raises UserError where it cannot be read or holds no run."""
    return state_and_warnings(folder)[0]


def state_and_warnings(folder: RunFolder) -> tuple[RunState, list[str]]:
    """The fold of the run's journal, and in words what is wrong with that. Raises as `state_of` does."""
    try:
        events, health = read_with_health(folder.journal)
    except OSError as error:
        raise UserError(f"the record of the run cannot be read: {error}") from error
    state, warnings = RunState.of(events), health.warnings()
    if not state.run_id:
        raise UserError(" ".join((f"{folder.journal} holds no run that was started", *warnings)))
    return state, warnings


def first_event_is_there(folder: RunFolder) -> None:
    """Look whether the journal begins as one. Raises UserError where it cannot be read or holds no run: then, what
    `state_of` says, which reads all of it."""
    try:
        with folder.journal.open("rb") as file:
            if b'"RunStarted"' in file.readline():
                return
    except OSError:
        pass  # told below
    state_of(folder)


@dataclass(frozen=True)
class Standing:
    """How a run stands: `running`, `paused`, `stopping`, `interrupted` (its host died), `unreadable` (whether it has a
    host cannot be known now), or the reason by which it ended. `holder` is the host of a run under way."""

    word: str
    resumable: bool
    holder: Holder | None = None


def standing_of(state: RunState, folder: RunFolder) -> Standing:
    """From the record, and from the lock of its host where the record has no end."""
    if state.end is not None:
        return standing_with(state, None)
    try:
        holder = holder_of(folder.host_lock)
    except OSError:
        return Standing("unreadable", False)
    return standing_with(state, holder)


def standing_with(state: RunState, holder: Holder | None) -> Standing:
    """From the record, and from who is known to have the run in hand."""
    if state.end is not None:
        return Standing(state.end.reason, bool(state.queue or state.running))
    if holder is not None:
        word = "stopping" if state.stopping else "paused" if state.paused else "running"
        return Standing(word, False, holder)
    return Standing("interrupted", True)
