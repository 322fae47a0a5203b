"""The lines at the bottom of a terminal that are drawn anew in place, on a screen that obeys the sequences used."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.block import Block
from autotuner_tui.headless.picture import Activity, Painter, Picture
from autotuner_tui.headless.progress import drawing
from recordings import BEGAN, beginning, stamped


class Screen:
    """What a terminal shows of what was written: lines, cursor up, erase down, wrapping at the right edge."""

    def __init__(self, columns: int, rows: int = 24) -> None:
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=True, width=columns, height=rows, color_system=None)
        self.block = Block(self.console)

    def lines(self) -> list[str]:
        shown, row = [""], 0
        for piece in re.split(r"(\x1b\[\d+A|\r|\x1b\[J|\n)", self.file.getvalue()):
            if up := re.fullmatch(r"\x1b\[(\d+)A", piece):
                row = max(0, row - int(up[1]))
            elif piece == "\x1b[J":
                del shown[row + 1 :]
                shown[row] = ""
            elif piece == "\n":
                row += 1
                shown += [""] * (row + 1 - len(shown))
            elif piece != "\r":
                shown[row] += piece
        return shown


def test_the_block_stays_at_the_bottom_and_lines_scroll_by_above_it() -> None:
    screen = Screen(40)
    screen.block.draw([Text("bar"), Text("exp 1")])
    screen.block.draw([Text("bar")], above=[Text("first")])
    screen.block.draw([Text("bar 2")], above=[Text("second")])
    assert screen.lines() == ["first", "second", "bar 2", ""]
    screen.block.clear()
    assert screen.lines() == ["first", "second", ""]


def test_what_has_not_changed_is_not_sent_again() -> None:
    screen = Screen(40)
    screen.block.draw([Text("bar")])
    sent = len(screen.file.getvalue())
    screen.block.draw([Text("bar")])
    assert len(screen.file.getvalue()) == sent


def test_a_long_line_is_cut_and_a_low_terminal_shows_what_it_can() -> None:
    screen = Screen(20, rows=3)
    screen.block.draw([Text("x" * 50), Text("two"), Text("three"), Text("four")])
    assert screen.lines() == ["x" * 18 + "…", "two", ""]


def test_a_terminal_made_narrower_is_cleaned_of_the_rows_its_lines_then_take() -> None:
    screen = Screen(40)
    screen.block.draw([Text("x" * 30), Text("y" * 10)])
    screen.console.width = 16
    screen.block.draw([Text("x" * 30)])
    assert "\x1b[3A" in screen.file.getvalue(), "the first line takes two rows now"


def picture(**changes: Any) -> Picture:
    counts = {"success": 2, "failed": 1, "queued": 5}
    given: dict[str, Any] = {
        "done": 3, "total": 8, "counts": counts, "elapsed": 63.0, "remaining": None,
        "activities": (Activity(4, "waiting for 3 s"),),
    }  # fmt: skip
    return Picture(**{**given, **changes})


def test_a_narrow_terminal_loses_the_bar_then_the_counts_but_never_how_far_the_run_is() -> None:
    wide, narrow = (drawing(picture(), columns)[0].plain for columns in (79, 39))
    assert "━" in wide and "ok 2  failed 1" in wide and "3/8" in wide
    assert "━" not in narrow and "3/8" in narrow


def test_a_pause_is_always_seen() -> None:
    for columns in (39, 79):
        assert drawing(picture(paused=True), columns)[0].plain.startswith("PAUSED")
    assert drawing(picture(paused=True, total=0), 79)[0].plain.startswith("PAUSED")


def test_who_paused_a_run_why_and_what_is_left_running_is_seen_by_who_comes_late(tmp_path: Path) -> None:
    note = ev.RunNote(text="paused: no server is left running", code="pause_is_complete")
    events = [
        *beginning(),
        ev.RunNote(text="older", code="pause_is_complete"),
        ev.Paused(reason="three failed", by="surroundings"),
    ]
    state = RunState.of(stamped([*events, note]))
    shown = "\n".join(line.plain for line in drawing(Painter(RunFolder(tmp_path)).picture(state, BEGAN + 9), 120))
    assert "paused by surroundings: three failed; no server is left running" in shown
    assert "older" not in shown
