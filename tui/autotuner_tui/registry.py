"""The one list of actions, and in which widgets of which screens keys are read together."""

from __future__ import annotations

from autotuner_tui.actions import EVERYWHERE, Action, Registry
from autotuner_tui.live.situation import Situation

START, TASK, RUN, EXPERIMENT, RESULTS, LOGS = "start", "task", "run", "experiment", "results", "logs"
TABLE, LOG, EDITOR, TEXT = "table", "log", "editor", "text"


def _at(*places: str) -> frozenset[str]:
    return frozenset(places)


def _steerable(now: Situation) -> bool:
    return now.steerable and not now.stopping


def _word_of_pause(now: Situation) -> str:
    return "go on" if now.resumable else "resume" if now.paused else "pause"


RUN_ACTIONS = (
    Action(
        "pause", ("p",), _at(RUN, EXPERIMENT, RESULTS, LOGS), _word_of_pause,
        "pause: finish what is measured, start nothing new; again: resume. Of a run that was stopped: go on with it",
        lambda now: _steerable(now) or now.resumable, 20,
    ),
    Action(
        "skip", ("S",), _at(RUN, EXPERIMENT, LOGS), "skip", "skip the chosen experiments: they end without a score",
        lambda now: _steerable(now) and now.skippable > 0, 25,
    ),
    Action(
        "rerun", ("r",), _at(RUN, EXPERIMENT, RESULTS, LOGS), "re-run", "measure the chosen experiments once more",
        lambda now: _steerable(now) and now.repeatable > 0, 26,
    ),
    Action(
        "rerun_failed", ("R",), _at(RUN), "re-run failed", "measure all failed experiments once more",
        lambda now: _steerable(now) and bool(now.failed), 27,
    ),
    Action("add", ("a",), _at(RUN), "add", "add a configuration by hand", _steerable, 40),
    Action(
        "stop", ("x",), _at(RUN, EXPERIMENT, RESULTS, LOGS), lambda now: "stop at once" if now.stopping else "stop",
        "stop the run: clean up and save; once more while it stops: at once", lambda now: now.steerable, 22,
    ),
    Action(
        "interrupt", ("ctrl+c",), _at(RUN, EXPERIMENT, RESULTS, LOGS), "",
        "stop a run that was begun here, and leave; else leave",
    ),
    Action(
        "detach", ("D",), _at(RUN, EXPERIMENT, RESULTS, LOGS), "detach", "leave the run, which goes on",
        lambda now: not now.ended, 23,
    ),
    Action("enter", ("enter", "d"), _at(RUN, RESULTS), "details", "show the experiment under the cursor", rank=30),
    Action("results", ("v",), _at(RUN, EXPERIMENT), "results", "show the ranking", rank=31),
    Action("logs", ("l",), _at(RUN, EXPERIMENT, RESULTS), "logs", "show the logs in full", rank=32),
    Action(
        "next_source", ("right_square_bracket",), _at(RUN, LOGS), "",
        "the next log of engine, benchmark, tuner",
    ),
    Action("last_source", ("left_square_bracket",), _at(RUN, LOGS), "", "the log before"),
    *(
        Action(f"panel_{n}", (str(n),), _at(RUN), "", f"panel {n}: {name}")
        for n, name in enumerate(("experiments", "pods or processes and events", "live charts", "logs", "scores"), 1)
    ),
    Action("yaml", ("y",), _at(RUN, EXPERIMENT), "manifest", "show the manifest or command line as sent", rank=41),
)  # fmt: skip

RESULT_ACTIONS = (
    Action("copy", ("c",), _at(RESULTS, EXPERIMENT), "copy", "copy the configuration's flags, and save it", rank=33),
    Action("save", ("w",), _at(RESULTS, EXPERIMENT), "save", "save the configuration with its flags as JSON", rank=34),
)

EXPERIMENT_ACTIONS = (
    Action("next", ("right", "n"), _at(EXPERIMENT), "next", "the next experiment", rank=28),
    Action("last", ("left", "N"), _at(EXPERIMENT), "", "the experiment before"),
    Action("next_attempt", ("right_square_bracket",), _at(EXPERIMENT), "", "the next attempt"),
    Action("last_attempt", ("left_square_bracket",), _at(EXPERIMENT), "", "the attempt before"),
    Action("alone", ("f",), _at(EXPERIMENT), "full", "the panel on the whole screen, and back", rank=35),
    *(
        Action(f"panel_{n}", (str(n),), _at(EXPERIMENT), "", f"panel {n}: {name}")
        for n, name in enumerate(
            ("configuration", "course and attempts", "failure", "levels", "distribution", "manifest as sent"), 1
        )
    ),
)

TEXT_ACTIONS = (
    Action("down", ("j", "down"), _at(TEXT), "", "a line down"),
    Action("up", ("k", "up"), _at(TEXT), "", "a line up"),
    Action("page_down", ("pagedown", "ctrl+f", "space"), _at(TEXT), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), _at(TEXT), "", "a page up"),
    Action("top", ("g", "home"), _at(TEXT), "", "to the beginning"),
    Action("bottom", ("G", "end"), _at(TEXT), "", "to the end"),
)

START_ACTIONS = (
    Action("enter", ("enter",), _at(START), "open", "open what the cursor is on: a run, a task, an example", rank=15),
    Action(
        "resume", ("R",), _at(START), "resume", "go on with the run under the cursor", lambda now: now.resumable, 16
    ),
    Action("open_file", ("f",), _at(START), "file", "open a task file by its path", rank=20),
    Action("new", ("n",), _at(START), "new", "begin a task from nothing", rank=21),
    Action("demo", ("d",), _at(START), "demo", "tune a small engine on this machine: no GPU, no cluster", rank=22),
    *(
        Action(f"panel_{n}", (str(n),), _at(START), "", f"panel {n}: {name}")
        for n, name in enumerate(("runs", "recent tasks", "new from an example"), 1)
    ),
)

TASK_ACTIONS = (
    Action("start", ("f5", "ctrl+r"), _at(TASK), "start", "start the run of this task", rank=15),
    Action("save", ("ctrl+s",), _at(TASK), "save", "save the file", rank=16),
    Action("parameters", ("f3", "ctrl+g"), _at(TASK), "parameters", "put a parameter of the engine in", rank=17),
    Action("next_problem", ("f8", "ctrl+n"), _at(TASK), "next problem", "go to the next problem in the file", rank=18),
    Action("last_problem", ("f7",), _at(TASK), "", "go to the problem before"),
    Action("panel", ("f6", "ctrl+o"), _at(TASK), "panel", "show the next panel where not all have room", rank=19),
    Action("scroll", ("f4",), _at(TASK), "", "scroll the plan; at its end: back to its beginning"),
    Action("outside", ("ctrl+e",), _at(TASK), "$EDITOR", "open the file in $EDITOR", rank=24),
    Action("revert", ("f9",), _at(TASK), "", "take back all that is not saved (undo brings it again)"),
    Action("undo", ("ctrl+z",), _at(EDITOR), "undo", "undo", rank=40),
    Action("redo", ("ctrl+y",), _at(EDITOR), "", "redo"),
)

EVERYWHERE_ACTIONS = (
    Action("help", ("question_mark", "f1"), _at(EVERYWHERE), "help", "show the keys of this place", rank=11),
    Action("palette", ("colon", "ctrl+p"), _at(EVERYWHERE), "", "find an action by its name"),
    Action(
        "back",
        ("q", "escape"),
        _at(EVERYWHERE),
        lambda now: "leave" if now.at_first else "back",
        "go back; from the first screen: leave",
        rank=12,
    ),
    Action("redraw", ("ctrl+l",), _at(EVERYWHERE), "", "draw the screen anew, where something has written into it"),
    Action("suspend", ("ctrl+z",), _at(START, RUN, EXPERIMENT, RESULTS, LOGS), "", "to the shell and, by `fg`, back"),
    Action("theme", ("ctrl+t",), _at(EVERYWHERE), "", "the next theme"),
)

TABLE_ACTIONS = (
    Action("down", ("j", "down"), _at(TABLE), "", "down"),
    Action("up", ("k", "up"), _at(TABLE), "", "up"),
    Action("page_down", ("pagedown", "ctrl+f"), _at(TABLE), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), _at(TABLE), "", "a page up"),
    Action("top", ("g", "home"), _at(TABLE), "", "to the first row"),
    Action("bottom", ("G", "end"), _at(TABLE), "", "to the last row"),
    Action("mark", ("space",), _at(TABLE), "mark", "mark the row, or take its mark away", rank=45),
    Action("filter", ("slash",), _at(TABLE), "filter", "show only the rows that have these words", rank=44),
    Action("sort", ("o",), _at(TABLE), "sort", "order by the next column", rank=46),
    Action("reverse", ("O",), _at(TABLE), "", "turn the order round"),
    Action("left", ("h", "left"), _at(TABLE), "", "columns that were scrolled away"),
    Action("right", ("right",), _at(TABLE), "", "columns for which there is no room"),
)

LOG_ACTIONS = (
    Action("down", ("j", "down"), _at(LOG), "", "a line down"),
    Action("up", ("k", "up"), _at(LOG), "", "a line up"),
    Action("page_down", ("pagedown", "ctrl+f"), _at(LOG), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), _at(LOG), "", "a page up"),
    Action("top", ("g", "home"), _at(LOG), "", "to the beginning"),
    Action("bottom", ("G", "end"), _at(LOG), "", "to the end, and follow"),
    Action("left", ("h", "left"), _at(LOG), "", "to the left"),
    Action("right", ("right",), _at(LOG), "", "to the right"),
    Action("find", ("slash",), _at(LOG), "find", "find a text in the whole log", rank=44),
    Action("only", ("ampersand",), _at(LOG), "", "only the lines that have the text looked for, or all again"),
    Action("find_next", ("n",), _at(LOG), "", "the next place where it stands"),
    Action("find_last", ("N",), _at(LOG), "", "the place before"),
    Action("follow", ("s",), _at(LOG), "follow", "follow the end, or stay where you read", rank=45),
    Action("wrap", ("w",), _at(LOG), "wrap", "wrap long lines, or cut them", rank=46),
    Action("timestamps", ("t",), _at(LOG), "times", "show or hide when a line came", rank=47),
    Action("back", ("escape",), _at(LOG), "", "end the search; where there is none: go back"),
    Action("full", ("f",), _at(LOG), "full", "the log on the whole screen, and back", rank=48),
)

ACTIONS = Registry(
    (
        *START_ACTIONS,
        *TASK_ACTIONS,
        *RUN_ACTIONS,
        *EXPERIMENT_ACTIONS,
        *RESULT_ACTIONS,
        *TABLE_ACTIONS,
        *TEXT_ACTIONS,
        *LOG_ACTIONS,
        *EVERYWHERE_ACTIONS,
    ),
    together={
        START: (TABLE,),
        TASK: (EDITOR,),
        RUN: (TABLE, LOG),
        EXPERIMENT: (TEXT,),
        RESULTS: (TABLE,),
        LOGS: (LOG,),
    },
)
