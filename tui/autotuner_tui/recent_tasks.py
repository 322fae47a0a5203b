"""The task files that were opened last, remembered under the user's state folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from autotuner_core.json_value import json_value
from autotuner_core.run.whole_file import write_json

KEPT = 30


@dataclass(frozen=True)
class RecentTask:
    """`opened` is seconds since the epoch."""

    path: Path
    opened: float


def _file() -> Path:
    return user_state_path("autotuner-tui") / "recent-tasks.json"


def recent_tasks() -> tuple[RecentTask, ...]:
    """Those that are still there, the newest first. A list that cannot be read counts as none."""
    return tuple(task for task in _kept() if task.path.is_file())


def remember_task(path: Path) -> None:
    """It was opened now. Raises OSError."""
    path = path.absolute()
    tasks = [RecentTask(path, time.time()), *(task for task in _kept() if task.path != path)][:KEPT]
    _file().parent.mkdir(parents=True, exist_ok=True)
    write_json({"tasks": [{"path": str(task.path), "opened": task.opened} for task in tasks]}, _file())


def _kept() -> list[RecentTask]:
    try:
        record = json_value(_file().read_text(encoding="utf-8"))
        return [RecentTask(Path(entry["path"]), float(entry["opened"])) for entry in record["tasks"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
