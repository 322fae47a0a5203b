"""The one list of actions, and in which widgets of which screens keys are read together."""

from __future__ import annotations

from autotuner_tui.actions import EVERYWHERE, Action, Registry
from autotuner_tui.keys_of_a_run import EXPERIMENT_ACTIONS, RESULT_ACTIONS, RUN_ACTIONS
from autotuner_tui.keys_of_tasks import START_ACTIONS, TASK_ACTIONS
from autotuner_tui.keys_of_widgets import LOG_ACTIONS, TABLE_ACTIONS, TEXT_ACTIONS
from autotuner_tui.places import EDITOR, EXPERIMENT, LOG, LOGS, RESULTS, RUN, START, TABLE, TASK, TEXT, at

EVERYWHERE_ACTIONS = (
    Action("help", ("question_mark", "f1"), at(EVERYWHERE), "help", "show the keys of this place", rank=11),
    Action("palette", ("colon", "ctrl+p"), at(EVERYWHERE), "", "find an action by its name"),
    Action(
        "back",
        ("q", "escape"),
        at(EVERYWHERE),
        lambda now: "leave" if now.at_first else "back",
        "go back; from the first screen: leave",
        rank=12,
    ),
    Action("redraw", ("ctrl+l",), at(EVERYWHERE), "", "draw the screen anew, where something has written into it"),
    Action("suspend", ("ctrl+z",), at(START, RUN, EXPERIMENT, RESULTS, LOGS), "", "to the shell and, by `fg`, back"),
    Action("theme", ("ctrl+t",), at(EVERYWHERE), "", "the next theme"),
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
