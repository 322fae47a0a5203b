"""One registry of actions: a key means one thing where one is, and whoever reads of it reads what is so."""

from __future__ import annotations

import pytest

from autotuner_tui.actions import EVERYWHERE, Action, KeyConflict, Registry
from autotuner_tui.app import AutotunerApp
from autotuner_tui.places import EDITOR, EXPERIMENT, LOG, LOGS, RESULTS, RUN, START, TABLE, TASK, TEXT
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.experiment import ExperimentScreen
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.screens.results import ResultsScreen
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.screens.start import StartScreen
from autotuner_tui.screens.task import TaskScreen
from autotuner_tui.widgets.log_view import LogView
from autotuner_tui.widgets.scrolled_lines import ScrolledLines
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.task_editor import TaskEditor
from readme_keys import README, with_table


def action(name: str, key: str, place: str) -> Action:
    return Action(name, (key,), frozenset({place}), name, name)


@pytest.mark.parametrize("other", [RUN, TABLE, EVERYWHERE])
def test_a_key_with_two_meanings_where_one_is_is_refused(other: str) -> None:
    with pytest.raises(KeyConflict, match="p means `pause` and `print` in "):
        Registry([action("pause", "p", RUN), action("print", "p", other)], together={RUN: (TABLE,)})


def test_a_key_may_mean_another_thing_elsewhere() -> None:
    Registry([action("next", "n", "log"), action("new", "n", "start")], together={RUN: ("log",), "start": ()})


def test_readmes_table_of_keys_is_the_registrys() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "python -m tests.readme_keys writes it"


def test_every_action_says_what_it_does() -> None:
    assert all(action.help and action.keys for action in ACTIONS)


WHO_ACTS = {
    EVERYWHERE: AutotunerApp, START: StartScreen, TASK: TaskScreen, RUN: RunScreen, EXPERIMENT: ExperimentScreen,
    RESULTS: ResultsScreen, LOGS: LogScreen, TABLE: Table, LOG: LogView, EDITOR: TaskEditor, TEXT: ScrolledLines,
}  # fmt: skip


def test_no_key_that_is_offered_breaks_the_screen() -> None:
    missing = [
        f"{place}: {action.id}"
        for action in ACTIONS
        for place in action.places
        if not hasattr(WHO_ACTS[place], f"do_{action.id}")
    ]
    assert not missing
