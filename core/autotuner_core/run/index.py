"""The index of runs under the user's state folder: lets `resume`, `report` and `runs` work from anywhere.

It only points: one small file per run that holds the folder's path. What a run is, its own journal says.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from autotuner_core.json_value import json_value
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.whole_file import write_json


class RunNotFound(Exception):
    """No run, or more than one, is meant by the word; the message says which there are."""


@dataclass(frozen=True)
class RecordedRun:
    """A run that was begun on this machine by this user. `created` is seconds since the epoch."""

    folder: RunFolder
    created: float


def index_folder() -> Path:
    """Where the index lies ($XDG_STATE_HOME/autotuner-tui/runs on Linux)."""
    return user_state_path("autotuner-tui") / "runs"


def record_run(folder: RunFolder) -> None:
    """Enter a new run. Raises OSError."""
    index = index_folder()
    index.mkdir(parents=True, exist_ok=True)
    created = time.time()
    write_json({"root": str(folder.root), "created": created}, index / f"{created:.6f}-{folder.run_id}.json")


def recorded_runs() -> list[RecordedRun]:
    """All runs whose folder is still there, or may be, the newest last. Entries that cannot be read are passed over."""
    runs = []
    for entry in index_folder().glob("*.json") if index_folder().is_dir() else ():
        try:
            record = json_value(entry.read_text(encoding="utf-8"))
            run = RecordedRun(RunFolder(Path(record["root"])), float(record["created"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if _may_be_there(run.folder.journal):
            runs.append(run)
    return sorted(runs, key=lambda run: run.created)


def _may_be_there(path: Path) -> bool:
    """A disk that fails, or a folder that may not be looked into, is no reason to leave a run out: who reads it says
    what is wrong with it."""
    try:
        return path.exists()
    except OSError:
        return True


def find_run(word: str | None = None, within: Path | None = None) -> RunFolder:
    """The run meant by a run id, an unambiguous start of one, a folder, or nothing (the newest). `within` leaves out
    runs of other results folders.

    Raises RunNotFound.
    """
    if word and (Path(word) / "journal.jsonl").is_file():
        return RunFolder(Path(word).absolute())
    runs = [run for run in recorded_runs() if within is None or run.folder.results_dir == within.absolute()]
    if not runs:
        raise RunNotFound("no run was recorded here yet; `autotuner-tui demo` makes the first one")
    if not word:
        return runs[-1].folder
    exact = [run for run in runs if run.folder.run_id == word]
    found = exact or [run for run in runs if run.folder.run_id.startswith(word)]
    if len(found) == 1:
        return found[0].folder
    if found:
        names = ", ".join(str(run.folder.root) for run in found[-5:])
        raise RunNotFound(f"'{word}' could be several runs: {names}; name one by its folder")
    known = ", ".join(run.folder.run_id for run in runs[-5:])
    raise RunNotFound(f"no run '{word}', neither as run id nor as a folder with a journal; the newest are: {known}")
