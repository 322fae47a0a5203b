"""A configuration as a file that a person takes away: its parameters, and the flags with which an engine has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from autotuner_core.engines.flags import engine_env, engine_flags
from autotuner_core.engines.profile import profile_of_task
from autotuner_core.report.result import Result
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_core.run.whole_file import FileWriteError, write_json
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import task_from_json

MOST_COPIED = 8000
"""Characters: terminals drop longer ones."""


def configuration_record(state: RunState, experiment: int, result: Result | None) -> dict[str, Any]:
    """What the file says. `flags` and `env` are those of all parameters, the fixed ones too. Raises KeyError."""
    parameters, fixed = state.experiments[experiment].parameters, state.task.get("fixed") or {}
    record = {
        "task_name": state.task.get("task_name", ""),
        "run_id": state.run_id,
        "experiment_id": experiment,
        "parameters": dict(parameters),
        "fixed": dict(fixed),
        **_flags(state, {**fixed, **parameters}),
    }
    if result is not None and result.score is not None:
        record |= {"metric": result.objective.metric, "objective_score": result.score, "feasible": result.feasible}
    return record


def _flags(state: RunState, parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        profile = profile_of_task(task_from_json(state.task))
    except (TaskError, ValueError):  # a record of another version: its parameters are known all the same
        return {}
    return {"flags": engine_flags(parameters, profile), "env": engine_env(parameters)}


def copied_text(record: Mapping[str, Any]) -> str:
    """What the clipboard gets: the flags in one line where they are known, else the parameters as JSON."""
    flags = record.get("flags")
    text = " ".join(map(str, flags)) if flags else json.dumps(record["parameters"], ensure_ascii=False)
    return text[:MOST_COPIED]


def save(record: Mapping[str, Any], folder: RunFolder) -> Path:
    """Write it beside the results file, or else where this user may write; gives where. Raises FileWriteError."""
    name = f"{folder.task_name}-{record['run_id']}-exp{record['experiment_id']}.json"
    return _written(record, [folder.results_dir / name, user_state_path("autotuner-tui") / name])


def _written(record: Mapping[str, Any], paths: Iterable[Path]) -> Path:
    *others, last = paths
    for path in others:
        try:
            write_json(record, path)
        except FileWriteError:  # somebody else's folder, perhaps
            continue
        return path
    write_json(record, last)
    return last
