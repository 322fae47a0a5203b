"""What a host is to take in hand, and the ways in which that is refused, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.engine.held_run import HostOptions
from autotuner_tui.cli.exits import UserError

if TYPE_CHECKING:
    from autotuner_core.engine.host import Host
    from autotuner_core.plan.plan import Plan
    from autotuner_core.run.folder import RunFolder
    from autotuner_core.run.locks import LockHeld
    from autotuner_core.task.load import LoadedTask


@dataclass(frozen=True)
class NewRun:
    """A task, as it was read and checked, to be run from its beginning."""

    loaded: LoadedTask
    plan: Plan
    results_dir: Path
    options: HostOptions

    @property
    def name(self) -> str:
        """What a list of processes shows."""
        return self.loaded.task.task_name

    def take_in_hand(self) -> Host:
        """The host, begun but not started. Raises UserError where the run cannot even begin."""
        from autotuner_core.engine.start import create_run

        return _begun(lambda: create_run(self.loaded, self.plan, results_dir=self.results_dir, options=self.options))


@dataclass(frozen=True)
class GoOn:
    """A run that was stopped or died, to be gone on with."""

    folder: RunFolder
    options: HostOptions

    @property
    def name(self) -> str:
        """What a list of processes shows."""
        return f"{self.folder.task_name}/{self.folder.run_id}"

    def take_in_hand(self) -> Host:
        """The host, begun but not started. Raises UserError where the run cannot go on."""
        from autotuner_core.engine.resume import resume_run

        return _begun(lambda: resume_run(self.folder, self.options))


Order = NewRun | GoOn


def _begun(make_host: Callable[[], Host]) -> Host:
    from autotuner_core.engine.resume import NotResumable
    from autotuner_core.failures import PreflightError
    from autotuner_core.run.journal import JournalWriteError
    from autotuner_core.run.locks import LockHeld

    try:
        return make_host()
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure) from error
    except LockHeld as error:
        raise _held(error) from error
    except NotResumable as error:
        raise UserError(str(error)) from error
    except OSError as error:
        where = f"{error.filename} cannot be made or written: " if error.filename else ""
        message = f"the run cannot be recorded: {where}{error.strerror or error}"
        raise UserError(message, cure="--results-dir names another place") from error
    except JournalWriteError as error:
        raise UserError(f"the run cannot be recorded: {error}", cure="--results-dir names another place") from error


def _held(error: LockHeld) -> UserError:
    """Which run is under way, this or another of the task. Where its host may be dead the lock tells more."""
    from autotuner_core.run.holders import is_alive, is_here

    holder = error.holder
    if holder is None or not holder.run_id or not (is_here(holder) and is_alive(holder)):
        return UserError(str(error))
    message = f"run {holder.run_id} is under way (process {holder.pid})"
    return UserError(message, cure=f"`autotuner-tui attach {holder.run_id}` shows it; a task has one run at a time")
