"""What a person can do before there is a run: open something, write a task."""

from __future__ import annotations

from autotuner_tui.actions import Action
from autotuner_tui.places import EDITOR, START, TASK, at

START_ACTIONS = (
    Action("enter", ("enter",), at(START), "open", "open what the cursor is on: a run, a task, an example", rank=15),
    Action("resume", ("R",), at(START), "resume", "go on with the run under the cursor", lambda now: now.resumable, 16),
    Action("open_file", ("f",), at(START), "file", "open a task file by its path", rank=20),
    Action("new", ("n",), at(START), "new", "begin a task from nothing", rank=21),
    Action("demo", ("d",), at(START), "demo", "tune a small engine on this machine: no GPU, no cluster", rank=22),
    *(
        Action(f"panel_{n}", (str(n),), at(START), "", f"panel {n}: {name}")
        for n, name in enumerate(("runs", "recent tasks", "new from an example"), 1)
    ),
)

TASK_ACTIONS = (
    Action("start", ("f5", "ctrl+r"), at(TASK), "start", "start the run of this task", rank=15),
    Action("save", ("ctrl+s",), at(TASK), "save", "save the file", rank=16),
    Action("parameters", ("f3", "ctrl+g"), at(TASK), "parameters", "put a parameter of the engine in", rank=17),
    Action("next_problem", ("f8", "ctrl+n"), at(TASK), "next problem", "go to the next problem in the file", rank=18),
    Action("last_problem", ("f7",), at(TASK), "", "go to the problem before"),
    Action("panel", ("f6", "ctrl+o"), at(TASK), "panel", "show the next panel where not all have room", rank=19),
    Action("scroll", ("f4",), at(TASK), "", "scroll the plan; at its end: back to its beginning"),
    Action("outside", ("ctrl+e",), at(TASK), "$EDITOR", "open the file in $EDITOR", rank=24),
    Action("revert", ("f9",), at(TASK), "", "take back all that is not saved (undo brings it again)"),
    Action("undo", ("ctrl+z",), at(EDITOR), "undo", "undo", rank=40),
    Action("redo", ("ctrl+y",), at(EDITOR), "", "redo"),
)
