"""What a person can do where a run is shown: steer it, look into it."""

from __future__ import annotations

from autotuner_tui.actions import Action
from autotuner_tui.live.situation import Situation
from autotuner_tui.places import EXPERIMENT, LOGS, RESULTS, RUN, at


def _steerable(now: Situation) -> bool:
    return now.steerable and not now.stopping


def _word_of_pause(now: Situation) -> str:
    return "go on" if now.resumable else "resume" if now.paused else "pause"


RUN_ACTIONS = (
    Action(
        "pause", ("p",), at(RUN, EXPERIMENT, RESULTS, LOGS), _word_of_pause,
        "pause: finish what is measured, start nothing new; again: resume. Of a run that was stopped: go on with it",
        lambda now: _steerable(now) or now.resumable, 20,
    ),
    Action(
        "skip", ("S",), at(RUN, EXPERIMENT, LOGS), "skip", "skip the chosen experiments: they end without a score",
        lambda now: _steerable(now) and now.skippable > 0, 25,
    ),
    Action(
        "rerun", ("r",), at(RUN, EXPERIMENT, RESULTS, LOGS), "re-run", "measure the chosen experiments once more",
        lambda now: _steerable(now) and now.repeatable > 0, 26,
    ),
    Action(
        "rerun_failed", ("R",), at(RUN), "re-run failed", "measure all failed experiments once more",
        lambda now: _steerable(now) and bool(now.failed), 27,
    ),
    Action("add", ("a",), at(RUN), "add", "add a configuration by hand", _steerable, 40),
    Action(
        "stop", ("x",), at(RUN, EXPERIMENT, RESULTS, LOGS), lambda now: "stop at once" if now.stopping else "stop",
        "stop the run: clean up and save; once more while it stops: at once", lambda now: now.steerable, 22,
    ),
    Action(
        "interrupt", ("ctrl+c",), at(RUN, EXPERIMENT, RESULTS, LOGS), "",
        "stop a run that was begun here, and leave; else leave",
    ),
    Action(
        "detach", ("D",), at(RUN, EXPERIMENT, RESULTS, LOGS), "detach", "leave the run, which goes on",
        lambda now: not now.ended, 23,
    ),
    Action("enter", ("enter", "d"), at(RUN, RESULTS), "details", "show the experiment under the cursor", rank=30),
    Action("results", ("v",), at(RUN, EXPERIMENT), "results", "show the ranking", rank=31),
    Action("logs", ("l",), at(RUN, EXPERIMENT, RESULTS), "logs", "show the logs in full", rank=32),
    Action(
        "next_source", ("right_square_bracket",), at(RUN, LOGS), "",
        "the next log of engine, benchmark, tuner",
    ),
    Action("last_source", ("left_square_bracket",), at(RUN, LOGS), "", "the log before"),
    *(
        Action(f"panel_{n}", (str(n),), at(RUN), "", f"panel {n}: {name}")
        for n, name in enumerate(("experiments", "pods or processes and events", "live charts", "logs", "scores"), 1)
    ),
    Action("yaml", ("y",), at(RUN, EXPERIMENT), "manifest", "show the manifest or command line as sent", rank=41),
)  # fmt: skip

RESULT_ACTIONS = (
    Action("copy", ("c",), at(RESULTS, EXPERIMENT), "copy", "copy the configuration's flags, and save it", rank=33),
    Action("save", ("w",), at(RESULTS, EXPERIMENT), "save", "save the configuration with its flags as JSON", rank=34),
)

EXPERIMENT_ACTIONS = (
    Action("next", ("right", "n"), at(EXPERIMENT), "next", "the next experiment", rank=28),
    Action("last", ("left", "N"), at(EXPERIMENT), "", "the experiment before"),
    Action("next_attempt", ("right_square_bracket",), at(EXPERIMENT), "", "the next attempt"),
    Action("last_attempt", ("left_square_bracket",), at(EXPERIMENT), "", "the attempt before"),
    Action("alone", ("f",), at(EXPERIMENT), "full", "the panel on the whole screen, and back", rank=35),
    *(
        Action(f"panel_{n}", (str(n),), at(EXPERIMENT), "", f"panel {n}: {name}")
        for n, name in enumerate(
            ("configuration", "course and attempts", "failure", "levels", "distribution", "manifest as sent"), 1
        )
    ),
)
