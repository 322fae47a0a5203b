"""The rows of the start screen."""

from __future__ import annotations

import time

from autotuner_core.report.format import with_unit
from autotuner_tui.headless.words import ago, homely, plain
from autotuner_tui.recent_tasks import RecentTask
from autotuner_tui.start_lists import Example, ListedRun
from autotuner_tui.widgets.lines import Line, Piece, line
from autotuner_tui.widgets.table import Column

RUN_COLUMNS = (
    Column("run", 5),
    Column("task", 0),
    Column("state", 13),
    Column("begun", 12, spare=2),
    Column("measured", 8, right=True, spare=3),
    Column("failed", 6, right=True, spare=4),
    Column("best", 16, right=True, spare=1),
)
TASK_COLUMNS = (Column("file", 24), Column("folder", 0, spare=1), Column("opened", 12, spare=2))
EXAMPLE_COLUMNS = (Column("example", 16), Column("what it is", 0, spare=1))

DAY = 86400.0
STYLES = {
    "running": "busy", "paused": "warn", "stopping": "warn", "interrupted": "warn", "unreadable": "bad",
    "finished": "good",
}  # fmt: skip


def when(ts: float, now: float) -> str:
    """`18:45` within a day, then `3 days ago`: nothing that changes while one looks at it."""
    if 0 <= now - ts < DAY:
        return time.strftime("%H:%M", time.localtime(ts))
    return ago(max(2 * DAY, now - ts)) if now - ts >= 2 * DAY else "1 day ago"


def run_row(run: ListedRun, now: float) -> list[Piece]:
    """How a run stands, and what it has found."""
    told = run.told
    best = with_unit(told["best_score"], told["unit"]) if told.get("best_score") is not None else "-"
    state = str(told["state"])
    measured = f"{told['measured']}/{told['experiments']}" if "measured" in told else "-"
    return [
        Piece(run.folder.run_id, "strong" if run.under_way else ""),
        Piece(plain(run.folder.task_name, 60)),
        Piece(state, STYLES.get(state, "dim")),
        Piece(when(run.created, now), "dim"),
        Piece(measured),
        Piece(str(told.get("failed") or "-"), "bad" if told.get("failed") else "dim"),
        Piece(best),
    ]


def task_row(task: RecentTask, now: float) -> list[Piece]:
    """Name, folder (the home as `~`), when it was opened."""
    return [
        Piece(plain(task.path.name)),
        Piece(plain(homely(task.path.parent)), "dim"),
        Piece(when(task.opened, now), "dim"),
    ]


def example_row(example: Example, _now: float) -> list[Piece]:
    """Name, and its own description; they have no age."""
    return [Piece(example.name), Piece(plain(example.about), "dim")]


def start_head(offer_demo: bool, run: ListedRun | None) -> list[Line]:
    """What the program is, and what could be done first: the demo where nothing else can run here; with the cursor on a
    run, what Enter would do."""
    if offer_demo:
        hint = line((" No GPU and no cluster here: ", "strong"), ("d", "accent"),
                    (" tunes a small engine on this machine, in a few minutes", "strong"))  # fmt: skip
    elif run is not None and run.under_way:
        hint = line((" Enter attaches to the run, which is under way", "dim"))
    elif run is not None and run.resumable:
        hint = line((" Enter shows the run; ", "dim"), ("R", "accent"), (" goes on with it", "dim"))
    else:
        hint = line((" Enter opens what the cursor is on", "dim"))
    return [line((" autotuner-tui", "accent"), ("  tunes inference servers", "dim")), hint]
