"""Rows that are kept from look to look: what is shown, filtered and sorted is what the fold says, whatever came."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from any_events import looked_at
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.streams import StreamsNow
from autotuner_tui.views.experiment_rows import ExperimentRows
from autotuner_tui.views.results import ResultRows
from autotuner_tui.widgets.table import Table
from recordings import beginning, scored, state_of

WIDTH = 160
words = st.sampled_from(("", "", "ok", "queued", "+", "-", "%", "2", "base", "e"))


class Shown:
    """Both tables of a run."""

    def __init__(self, word: str, column: int, reverse: bool) -> None:
        self.experiments, self.results = ExperimentRows(), ResultRows()
        self.tables = Table(), Table()
        self._asked = word, column, reverse

    def look(self, state: RunState) -> list[Any]:
        """What stands in them, row by row."""
        first, second = self.tables
        self.experiments.follow(state, WIDTH)
        self.results.follow(state)
        self._arrange(first, self.experiments.columns)
        self._arrange(second, self.results.columns)
        row = self.experiments.row(StreamsNow())
        first.show(self.experiments.columns, self.experiments.keys, row, self.experiments.touched)
        second.show(self.results.columns, self.results.keys, self.results.row, self.results.touched)
        return [[(key, [*table._row(key)]) for key in table.keys] for table in self.tables]

    def _arrange(self, table: Table, columns: Any) -> None:
        """As the person has asked for; the columns of results come with the first one."""
        word, column, reverse = self._asked
        table.arrangement.words, table.arrangement.reverse = word, reverse
        table.arrangement.column = columns[column % len(columns)].key if column and columns else ""


@settings(max_examples=300, deadline=None)
@given(looked_at, words, st.integers(0, 13), st.booleans())
def test_in_any_order_of_events_and_looks_kept_rows_are_those_that_are_made_anew(
    sequence: list[tuple[tuple[ev.Event, ...], bool]], word: str, column: int, reverse: bool
) -> None:
    state, kept = state_of(beginning(3)), Shown(word, column, reverse)
    for events, looks in [*sequence, ((), True)]:
        for event in events:
            state.apply(event)
        if looks:
            assert kept.look(state) == Shown(word, column, reverse).look(state)


def test_another_best_changes_what_all_other_rows_say_and_so_which_the_filter_leaves() -> None:
    state, kept = state_of([*beginning(3), *scored(1, 100.0), *scored(2, 50.0)]), Shown("-50.0 %", 0, False)
    assert [key for key, _ in kept.look(state)[0]] == [2]
    for event in scored(3, 200.0):
        state.apply(event)
    assert [key for key, _ in kept.look(state)[0]] == [1]
