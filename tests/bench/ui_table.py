"""The table of experiments with 1,000 rows against one with 100, in turns: a step of the cursor, and an event that is
folded and shown, both until the lines are made that have changed (what Textual does with them then is the same for any
number of rows); as the rows are given, sorted by their scores, and filtered as well. One event in nine ends an
experiment, and the ranking is made anew."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator

from textual.app import App, ComposeResult

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.streams import StreamsNow
from autotuner_tui.views.experiment_rows import ExperimentRows
from autotuner_tui.widgets.table import Table
from recordings import beginning, scored, state_of
from tests.bench.table import Figure, arguments, report

SMALL, LARGE = 100, 1000
GOAL = "at most 1.5"
HOW = {"as given": (), "sorted": ("o",) * 4, "and filtered": ("slash", "1", "enter")}
"""Keys that are pressed before it is measured."""
TAIL = 50
"""The last experiments have not been measured yet: their events are the updates."""


def recorded(experiments: int) -> RunState:
    """A run that has measured all but its last experiments."""
    chance = random.Random(1)
    events = beginning(experiments)
    for number in range(1, experiments - TAIL + 1):
        events += scored(number, 100.0 + 1000 * chance.random())
    return state_of(events)


def updates(state: RunState) -> Iterator[ev.Event]:
    """Events of experiments that are measured again and again."""
    last = max(state.experiments)
    for turn in itertools.count(2):
        for number in range(last - TAIL + 1, last + 1):
            yield from scored(number, 100.0 + (turn * number) % 997)


class Bench(App[None]):
    """Two tables side by side, of the same size."""

    CSS = "Screen { layout: horizontal; }"

    def compose(self) -> ComposeResult:
        yield Table(id="small")
        yield Table(id="large")


class Measured:
    """A run with its table."""

    def __init__(self, table: Table, experiments: int) -> None:
        self.table, self.state, self.rows = table, recorded(experiments), ExperimentRows()
        self._events = updates(self.state)
        self.show()

    def show(self) -> None:
        """As the run's screen does at each tick."""
        self.rows.follow(self.state, self.table.size.width)
        self.table.show(self.rows.columns, self.rows.keys, self.rows.row(StreamsNow()), self.rows.touched)

    def step(self) -> None:
        """A row further down, from the top again behind the last one."""
        self.table.do_down() if self.table.cursor != self.table.keys[-1] else self.table.do_top()

    def update(self) -> None:
        """One event more, with the number that a journal would give it."""
        event = next(self._events)
        self.state.apply(event)
        self.state.last_seq += 1
        self.show()


def seconds(does: Callable[[], None]) -> float:
    start = time.perf_counter()
    does()
    return time.perf_counter() - start


async def measure(repeats: int) -> list[Figure]:
    """Each pair is measured at once, so that what the machine does meanwhile meets both."""
    figures = []
    app = Bench()
    async with app.run_test(size=(160, 45)) as pilot:
        small = Measured(app.query_one("#small", Table), SMALL)
        large = Measured(app.query_one("#large", Table), LARGE)
        for how, keys in HOW.items():
            for table in app.query(Table):
                table.focus()
                await pilot.press(*keys)
            for what in ("step", "update"):
                pairs = [(seconds(getattr(small, what)), seconds(getattr(large, what))) for _ in range(repeats)]
                figures += [
                    Figure.of(f"{what}, {how}: 100 rows", "ms", [1000 * a for a, _ in pairs]),
                    Figure.of(f"{what}, {how}: 1,000 rows", "ms", [1000 * b for _, b in pairs]),
                ]
                middle, high = (getattr(figures[-1], of) / getattr(figures[-2], of) for of in ("median", "p90"))
                figures.append(Figure(f"{what}, {how}: ratio", "x", repeats, middle, high, high, GOAL))
    return figures


def main() -> None:
    options = arguments(__doc__ or "", repeats=1000)
    report("table of experiments", asyncio.run(measure(options.repeats)), options.json)


if __name__ == "__main__":
    main()
