"""Over a slow line only what changed is sent, and the screen is right nevertheless."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from autotuner_tui.widgets.lines import Line, Piece, changed_spans, plain_text
from autotuner_tui.wire import ChangedCells

WIDTH = 24
PIECES = st.builds(Piece, st.text(alphabet="ab 1漢字─", max_size=9), st.sampled_from(["", "dim"]))
LINES = st.lists(PIECES, max_size=4).map(tuple)


def strip_of(shown: Line) -> Strip:
    return Strip([Segment(piece.text) for piece in shown]).adjust_cell_length(WIDTH)


@given(LINES, LINES)
def test_what_is_sent_of_a_line_makes_it_the_new_one(old: Line, new: Line) -> None:
    spans = [(0, start, end) for start, end in changed_spans(old, new, WIDTH)]
    screen = pyte.Screen(WIDTH, 1)
    stream = pyte.Stream(screen)
    stream.feed(strip_of(old).render(Console()))
    if spans:
        stream.feed(ChangedCells([{0: strip_of(new)}], spans, [[WIDTH]]).render_segments(Console()))
    assert screen.display[0] == shown_alone(new)


def shown_alone(line: Line) -> str:
    screen = pyte.Screen(WIDTH, 1)
    pyte.Stream(screen).feed(strip_of(line).render(Console()))
    return str(screen.display[0])


def test_what_stands_left_of_a_change_is_not_sent_again() -> None:
    update = ChopsUpdate([{0: strip_of((Piece("level 2/2 x4 207/100"),))}], [(0, 15, 16)], [[WIDTH]])
    assert update.render_segments(Console()).count("level") == 1
    assert ChangedCells.of(update).render_segments(Console()) == "\x1b[1;16H7"


def test_changes_far_from_each_other_are_sent_apart_and_near_ones_together() -> None:
    old, new = (Piece("1 2" + " " * 12 + "3"),), (Piece("4 5" + " " * 12 + "6"),)
    assert changed_spans(old, new, WIDTH) == [(0, 3), (15, 16)]
    assert changed_spans(old, old, WIDTH) == []


def test_another_style_is_a_change() -> None:
    assert changed_spans((Piece("a"), Piece("bc", "dim")), (Piece("a"), Piece("bc", "bad")), WIDTH) == [(1, 3)]
    assert cell_len(plain_text((Piece("漢"),))) == 2
    assert changed_spans((Piece("漢x"),), (Piece("字x"),), WIDTH) == [(0, 2)]
