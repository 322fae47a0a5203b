"""Keys that come several at a time, as over a slow line: none of a text may be taken for what it does elsewhere."""

from __future__ import annotations

from pathlib import Path

from textual.events import Key, Paste
from textual.widgets import Input

from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.screens.run import RunScreen
from autotuner_tui.widgets.table import Table
from recorded_run import Driven, driven, recorded
from recordings import beginning, scored

EVENTS = [*beginning(3), *scored(1, 100.0), *scored(2, 90.0)]
NAMES = {"/": "slash", ":": "colon", "\n": "enter"}


def at_once(app: AutotunerApp, text: str) -> None:
    """As one piece of what a terminal sends."""
    for character in text:
        app.post_message(Key(NAMES.get(character, character), character))


def test_a_filter_that_comes_in_one_piece_presses_no_other_keys(tmp_path: Path) -> None:
    async def does(run: Driven) -> None:
        await run.sees("queued")
        table = run.app.screen.query_one("#experiments", Table)
        at_once(run.app, "/pvlSx\n")
        await run.until(lambda: table.arrangement.words == "pvlSx" and not table._filter.typing, "the filter")
        assert isinstance(run.app.screen, RunScreen)

    driven(recorded(tmp_path, EVENTS), does)


def test_a_text_to_look_for_in_a_log_presses_no_other_keys(tmp_path: Path) -> None:
    async def does(run: Driven) -> None:
        await run.sees("queued")
        at_once(run.app, "l/rxSp")
        await run.until(lambda: isinstance(run.app.focused, Input), "the line for the text")
        typed = run.app.focused
        await run.until(lambda: isinstance(typed, Input) and typed.value == "rxSp", "the text")
        assert isinstance(run.app.screen, LogScreen)

    driven(recorded(tmp_path, EVENTS), does)


def test_the_name_of_an_action_presses_no_other_keys(tmp_path: Path) -> None:
    async def does(run: Driven) -> None:
        await run.sees("queued")
        at_once(run.app, ":skip")
        await run.until(lambda: isinstance(run.app.focused, Input), "the line for the name")
        typed = run.app.focused
        await run.until(lambda: isinstance(typed, Input) and typed.value == "skip", "the name")

    driven(recorded(tmp_path, EVENTS), does)


def test_what_is_pasted_behind_a_key_comes_after_it(tmp_path: Path) -> None:
    async def does(run: Driven) -> None:
        await run.sees("queued")
        table = run.app.screen.query_one("#experiments", Table)
        at_once(run.app, "/a")
        run.app.post_message(Paste("bc"))
        at_once(run.app, "d")
        await run.until(lambda: table.arrangement.words == "abcd", "all of the text")

    driven(recorded(tmp_path, EVENTS), does)


def test_keys_are_heard_again_after_one_whose_widget_is_gone(tmp_path: Path) -> None:
    async def does(run: Driven) -> None:
        await run.sees("queued")
        at_once(run.app, "vqvqjG")
        table = run.app.screen.query_one("#experiments", Table)
        await run.until(lambda: isinstance(run.app.screen, RunScreen) and table.cursor == 3, "the last row")

    driven(recorded(tmp_path, EVENTS), does)
