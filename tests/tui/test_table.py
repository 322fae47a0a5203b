"""The table: what is filtered, sorted and scrolled stays so while rows come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollUp, Paste
from textual.pilot import Pilot

from autotuner_core.run.touched import Touched
from autotuner_tui.widgets.arranged_rows import A_WHILE
from autotuner_tui.widgets.arrangement import Arrangement, typed
from autotuner_tui.widgets.columns import fitting
from autotuner_tui.widgets.lines import Piece
from autotuner_tui.widgets.table import Column, Key, Table, table_text
from on_screen import until

SCORES: dict[int, float | None] = {1: 9.5, 2: None, 3: 100.0, 4: 20.0, 5: None, 6: 1.5}
POLICIES = {1: "lpm", 2: "fcfs", 3: "lpm", 4: "FCFS", 5: "lpm", 6: "random"}
COLUMNS = [
    Column("#", 2, right=True),
    Column("policy", 8),
    Column("score", 8, right=True, spare=1, value=lambda key: SCORES[key]),
    Column("note", 12, spare=2),
]


def row(key: Key) -> list[Piece]:
    assert isinstance(key, int)
    score = SCORES.get(key)
    return [Piece(str(key)), Piece(POLICIES[key]), Piece("-" if score is None else f"{score} t/s"), Piece(f"n{key}")]


class One(App[None]):
    """A table alone."""

    def compose(self) -> ComposeResult:
        yield Table(empty="rows will stand here")

    async def action_act(self, id: str) -> None:
        """For the bindings of everywhere."""

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def numbers(self) -> list[int]:
        return [key for key in self.table.keys if isinstance(key, int)]


def drive(does: Callable[[One, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 12)) -> None:
    async def run() -> None:
        app = One()
        async with app.run_test(size=size) as pilot:
            app.table.focus()
            app.table.show(COLUMNS, list(SCORES), row)
            await does(app, pilot)

    asyncio.run(run())


def test_words_filter_rows_while_they_are_typed_and_esc_shows_all_again() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("slash", "f", "c")
        assert app.numbers() == [2, 4]
        await pilot.press("space", "4")
        assert app.numbers() == [4]
        assert "/fc 4" in table_text(app.table)[-1] and "1 of 6" in table_text(app.table)[-1]
        await pilot.press("enter", "j")
        assert app.numbers() == [4], "enter keeps it"
        await pilot.press("escape")
        assert app.numbers() == [1, 2, 3, 4, 5, 6]

    drive(does)


def test_letters_of_a_filter_are_not_taken_for_keys() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("slash", "o", "q", "backspace", "backspace", "m", "n")
        assert app.table.arrangement.words == "mn"
        assert app.table.arrangement.column == ""
        assert "no row has these words" in table_text(app.table)[0]

    drive(does)


def test_filter_and_order_stay_while_rows_come_and_at_another_size() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("slash", "l", "p", "m", "enter", "o", "O")
        assert app.numbers() == [5, 3, 1]
        await pilot.resize_terminal(30, 8)
        app.table.show(COLUMNS, [1, 2, 3, 4, 6], row)
        assert app.numbers() == [3, 1]
        assert "/lpm" in table_text(app.table)[-1]

    drive(does)


def test_rows_are_sorted_by_value_and_those_without_one_come_last() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("o", "o", "o")
        assert app.numbers() == [6, 1, 4, 3, 2, 5]
        assert "score▴" in table_text(app.table)[0]
        await pilot.press("O")
        assert app.numbers() == [3, 4, 1, 6, 2, 5]
        assert "score▾" in table_text(app.table)[0]
        await pilot.press("o", "o")
        assert app.numbers() == [1, 2, 3, 4, 5, 6], "as they were given, behind the last column"

    drive(does)


def test_the_cursor_stays_on_its_row_in_another_order() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("j", "j")
        assert app.table.cursor == 3
        await pilot.press("o", "O")
        assert app.numbers() == [6, 5, 4, 3, 2, 1]
        assert app.table.cursor == 3
        await pilot.press("slash", "f")
        assert app.table.cursor == 2, "what stands there, where its row is filtered away"
        await pilot.press("escape")
        assert app.table.cursor == 3, "and back"

    drive(does)


def test_ends_and_pages_are_a_key_away_and_the_wheel_moves_too() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        cursors = []
        for key in ("G", "g", "pagedown", "k", "home", "end"):
            await pilot.press(key)
            cursors.append(app.table.cursor)
        assert cursors == [6, 1, 4, 3, 1, 6], "three rows can be seen"
        app.table.post_message(MouseScrollUp(app.table, 1, 1, 0, -1, 0, False, False, False))
        await pilot.pause()
        assert app.table.cursor == 3

    drive(does, (60, 4))


def test_marks_of_rows_that_are_filtered_away_do_nothing_until_they_are_seen_again() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        await pilot.press("space", "space")
        assert app.table.chosen == (1, 2)
        await pilot.press("slash", *"lpm")
        assert app.table.chosen == (1,)
        await pilot.press("escape")
        assert app.table.chosen == (1, 2)

    drive(does)


def test_only_rows_that_were_touched_are_gone_through_again() -> None:
    made: list[Key] = []
    touched: Touched[int] = Touched()

    def counted(key: Key) -> list[Piece]:
        made.append(key)
        return row(key)

    async def does(app: One, pilot: Pilot[None]) -> None:
        many = list(range(1, 500))
        POLICIES.update({key: "lpm" for key in many if key not in POLICIES})
        app.table.show(COLUMNS, many, counted, touched)
        await pilot.press("o", "o", "slash", "l", "enter")
        await until(pilot, lambda: not app.table.arranging)
        for keys in ((), (300, 400)):
            made.clear()
            touched.touch(keys)
            app.table.show(COLUMNS, many, counted, touched)
            assert len(set(made)) <= 12 + len(keys), "a screenful, and those"
            assert set(keys) <= set(made)
        made.clear()
        app.table.show(COLUMNS, many, counted)
        await until(pilot, lambda: not app.table.arranging)
        assert set(made) == set(many), "all, where nothing is known of them"

    drive(does)


def test_keys_are_heard_while_many_slow_rows_are_filtered() -> None:
    made: list[Key] = []

    def slow(key: Key) -> list[Piece]:
        made.append(key)
        end = time.perf_counter() + A_WHILE / 10
        while time.perf_counter() < end:
            pass
        return row(key)

    async def does(app: One, pilot: Pilot[None]) -> None:
        many = list(range(1, 201))
        POLICIES.update({key: "lpm" for key in many if key not in POLICIES})
        touched: Touched[int] = Touched()
        app.table.show(COLUMNS, many, slow, touched)
        made.clear()
        app.table.do_filter()
        app.table.on_paste(Paste("fcfs"))
        assert len(made) < 60, "a while of them, and a screenful"
        assert "… of 200" in table_text(app.table)[-1]
        app.table.do_down()
        assert app.table.cursor == 2, "what stands there stays until the rows are known"
        app.table.show(COLUMNS, many[1:], slow, touched)
        assert app.numbers() == many[1:]
        await until(pilot, lambda: app.numbers() == [2, 4])
        assert "2 of 199" in table_text(app.table)[-1]

    drive(does)


def test_columns_without_room_are_reached_and_what_is_sorted_by_stays() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        assert "score" in table_text(app.table)[0] and "note" not in table_text(app.table)[0]
        assert table_text(app.table)[0].endswith("›")
        await pilot.press("right")
        assert "note" in table_text(app.table)[0] and "score" not in table_text(app.table)[0]
        assert table_text(app.table)[0].startswith("‹")
        await pilot.press("right", "left")
        assert "score" in table_text(app.table)[0], "no further than there are columns"
        await pilot.press("o", "o", "o", "o")
        assert "note▴" in table_text(app.table)[0]

    drive(does, (30, 12))


def test_a_click_on_a_head_sorts_by_it_then_the_other_way_then_not_at_all() -> None:
    async def does(app: One, pilot: Pilot[None]) -> None:
        orders = []
        for _ in range(3):
            await pilot.click(Table, offset=(16, 0))
            orders.append(app.numbers()[:2])
        assert orders == [[6, 1], [3, 4], [1, 2]]
        await pilot.click(Table, offset=(5, 3))
        assert app.table.cursor == 3

    drive(does)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1843.2 tokens/s", 1843.2),
        ("+31 %", 31.0),
        ("~-2", -2.0),
        ("lpm", "lpm"),
        ("-", None),
        ("", None),
        ("1.23e8 tokens/s", 1.23e8),
        ("-1.50e-7", -1.5e-7),
    ],
)
def test_a_cell_without_a_value_of_its_own_sorts_by_its_number(text: str, value: object) -> None:
    assert typed(text) == value


def test_numbers_and_texts_in_one_column_have_an_order() -> None:
    values: dict[Key, object] = {"a": "auto", "b": 2, "c": None, "d": float("nan"), "e": True, "f": 0.5}
    columns = [Column("v", 4, value=values.__getitem__)]
    found = Arrangement(column="v").arranged(list(values), columns, lambda key: ())
    assert found == ["f", "e", "b", "a", "c", "d"]


@pytest.mark.parametrize("room", range(40))
def test_shown_columns_fit_whatever_the_width(room: int) -> None:
    for skipped in range(4):
        shown = fitting(COLUMNS, room, skipped)
        assert shown[:2] == [0, 1]
        assert len(shown) == 2 or sum(COLUMNS[at].width + 1 for at in shown) <= room
