"""Whatever comes in whatever pieces, and whatever keys are pressed meanwhile: the screen shows the fold."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot

from autotuner_core.report.ranker import ranking_of
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_tui import open_run
from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.views.experiments import row_maker, varying
from autotuner_tui.views.head import head_lines
from autotuner_tui.widgets.lines import texts
from autotuner_tui.widgets.table import Table
from autotuner_tui.widgets.text_lines import TextLines
from on_screen import on_screen
from recordings import beginning, scored, stamped

KEYS = ("j", "k", "G", "g", "space", "o", "O", "1", "2", "3", "4", "5", "tab", "right_square_bracket", "pagedown", "R")
SIZES = ((160, 45), (80, 24), (40, 20))


def whole_run() -> list[ev.Event]:
    """Of everything a little: scored, failed and tried again, skipped, paused, added by hand, measured once more."""
    where: dict[str, Any] = {"experiment": 2, "attempt": 1}
    failed = [ev.AttemptStarted(**where), ev.AttemptEnded(**where, outcome="failed", cause="crash", message="exit 1")]
    again = [ev.ExperimentQueued(experiment=1, parameters={"slots": 1}), *scored(1, 140.0)]
    by_hand = ev.ExperimentQueued(experiment=7, parameters={"slots": 99}, why="by_hand")
    return stamped(
        [
            *beginning(6), *scored(1, 100.0), *failed, ev.Paused(by="user"),
            ev.Skipped(experiment=3, reason="by command"), by_hand, ev.Resumed(by="user"),
            *scored(4, 120.0, feasible=False, miss=0.2), *again, *scored(7, 90.0),
            ev.StopAsked(by="user", now=False), ev.RunEnded(reason="stopped"),
        ]
    )  # fmt: skip


EVENTS = whole_run()

happenings = st.lists(
    st.one_of(
        st.integers(1, 9).map(lambda n: ("events", n)),
        st.sampled_from(KEYS).map(lambda key: ("key", key)),
        st.sampled_from(SIZES).map(lambda size: ("size", size)),
    ),
    min_size=3,
    max_size=14,
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_run, "tick_seconds", lambda: 0.01)


@settings(max_examples=20, deadline=None)
@given(happenings)
def test_any_order_of_events_keys_and_sizes_leaves_the_screen_as_the_fold_is(
    sequence: list[tuple[str, Any]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(Path(place) / "results" / "chat" / "ab12")
        folder.root.mkdir(parents=True)
        on_screen(lambda app: _opened(app, folder), lambda pilot: _happen(pilot, folder, sequence))


def _opened(app: AutotunerApp, folder: RunFolder) -> RunScreen:
    folder.journal.write_text("")
    return app.open_run(folder)


async def _happen(pilot: Pilot[Any], folder: RunFolder, sequence: list[tuple[str, Any]]) -> None:
    written = 0
    for kind, what in [*sequence, ("events", len(EVENTS))]:
        if kind == "events":
            with folder.journal.open("a") as journal:
                for event in EVENTS[written : written + what]:
                    journal.write(json.dumps(event.to_record()) + "\n")
            written += what
        elif kind == "key":
            pilot.app.simulate_key(what)
        else:
            _resize(pilot, *what)
        await asyncio.sleep(0.01)  # the program goes on; nothing is waited for
    end = time.monotonic() + 60
    while not _shows_the_fold(pilot):
        assert time.monotonic() < end, f"this is not the fold:\n{_shown(pilot)}"
        await asyncio.sleep(0.01)  # a pilot's own pause waits until nothing happens any more


def _resize(pilot: Pilot[Any], columns: int, rows: int) -> None:
    size = Size(columns, rows)
    pilot.app._driver._size = size  # type: ignore[union-attr]
    pilot.app.post_message(Resize(size, size))


def _shows_the_fold(pilot: Pilot[Any]) -> bool:
    screen, state = pilot.app.screen, RunState.of(EVENTS)
    if not isinstance(screen, RunScreen) or screen.open_run.state.last_seq != state.last_seq:
        return False
    head, table = screen.query_one("#head", TextLines), screen.query_one("#experiments", Table)
    wanted = texts(head_lines(state, state.last_ts, "stopped", head.size.width))
    row = row_maker(state, varying(state), ranking_of(state), screen.open_run.streams)
    assert sorted(key for key in table.keys if isinstance(key, int)) == sorted(state.experiments)
    rows = {key: [piece.text for piece in table._row(key)] for key in table.keys}
    told = {key: [piece.text for piece in row(key)] for key in state.experiments}
    shown = texts(table._shown) if table.size.height else []
    visible = [key for key in table.keys if any(f" {key} " in line for line in shown)]
    return texts(head._shown) == wanted and rows == told and (bool(visible) or not table.size.height)


def _shown(pilot: Pilot[Any]) -> str:
    screen = pilot.app.screen
    return "\n".join(line for view in (*screen.query(TextLines), *screen.query(Table)) for line in texts(view._shown))
