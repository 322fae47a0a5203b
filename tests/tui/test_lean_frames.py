"""Frames that are made lean: whatever is sent, the terminal shows what it would have shown."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_tui.terminal.lean_frames import SYNC_END, SYNC_START, LeanFrames
from autotuner_tui.terminal.sgr import PLAIN, change, style_of

COLUMNS, ROWS = 30, 6
RED, GREEN = "38;2;200;10;10;48;2;1;2;3", "1;38;2;10;200;10;48;2;1;2;3"
STYLES = (RED, GREEN, "31;44", "1;4", "7", "")


def piece(text: str, style: str = RED) -> str:
    """A segment as rich writes it."""
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def at(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


pieces = st.builds(piece, st.text("ab cdé█▁日本e\u0301", max_size=8), st.sampled_from(STYLES))
rows = st.builds(
    lambda x, y, parts: at(x, y) + "".join(parts) + ("\r\n" if y < ROWS - 1 else ""),
    st.integers(0, 6), st.integers(0, ROWS - 1), st.lists(pieces, max_size=2),
)  # fmt: skip
frames = st.lists(st.builds("".join, st.lists(rows, max_size=5)), max_size=6)


class Shown:
    """A terminal without automatic wrapping, as Textual sets it."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.screen.reset_mode(pyte.modes.DECAWM >> 5, private=True)
        self._stream = pyte.Stream(self.screen)

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Text and look of every cell."""
        buffer = self.screen.buffer
        return [[tuple(buffer[y][x]) for x in range(COLUMNS)] for y in range(ROWS)]


@settings(max_examples=150, deadline=None)
@given(frames)
def test_a_terminal_shows_the_same_whether_frames_are_lean_or_not(sent: list[str]) -> None:
    full, lean, frames_ = Shown(), Shown(), LeanFrames()
    for frame in sent:
        full.feed(frame)
        lean.feed(frames_.lean(frame))
        assert lean.cells() == full.cells()


def test_what_stands_there_already_is_not_sent_again() -> None:
    frames_ = LeanFrames()
    whole = at(0, 0) + piece("12 of 20", RED) + piece(" running", GREEN)
    assert "12 of 20" in frames_.lean(whole)
    assert frames_.lean(SYNC_START) + frames_.lean(whole) + frames_.lean(SYNC_END) == ""
    changed = frames_.lean(at(0, 0) + piece("13 of 20", RED) + piece(" running", GREEN))
    assert changed.count("3") >= 1 and "of" not in changed and "running" not in changed


def test_after_a_resize_everything_is_sent_again() -> None:
    frames_ = LeanFrames()
    whole = at(0, 0) + piece("the same")
    frames_.lean(whole)
    frames_.forget()
    assert "the same" in frames_.lean(whole)


def test_a_shell_that_comes_back_is_not_in_our_colours() -> None:
    frames_, shown = LeanFrames(), Shown()
    shown.feed(frames_.lean(at(0, 0) + piece("red", RED)))
    shown.feed(frames_.lean("\x1b[?1049l") + at(0, 1) + "$")
    assert shown.screen.buffer[1][0].fg == "default"


def test_colours_that_somebody_else_has_set_do_not_stay_on_the_screen() -> None:
    frames_, shown = LeanFrames(), Shown()
    shown.feed(frames_.lean(at(0, 0) + piece("red", RED)) + "\x1b[32m")
    frames_.forget()
    shown.feed(frames_.lean(at(0, 0) + piece("red", RED)))
    assert shown.screen.buffer[0][0].fg == "c80a0a"


@pytest.mark.parametrize("sequence", ["\x1b[?1004h", "\x1b]52;c;aGVsbG8=\a", "\x1b[?2026$p", "\x1b[>1u"])
def test_what_is_no_text_passes_as_it_is(sequence: str) -> None:
    frames_ = LeanFrames()
    assert frames_.lean(sequence) == sequence


@pytest.mark.parametrize("unseen", ["\x9b31m", "\x85", "\u202e", "\u2028", "\x7f"])
def test_text_that_is_shown_cannot_steer_the_terminal_nor_turn_what_is_read(unseen: str) -> None:
    frames_ = LeanFrames()
    sent = frames_.lean(at(0, 0) + piece(f"ab{unseen}cd"))
    assert unseen[0] not in sent
    assert f"ab{unseen[1:]}cd" in sent


def test_from_bold_to_plain_nothing_of_it_is_left() -> None:
    assert change(style_of("1;31"), style_of("31")) == "\x1b[0;31m"
    assert change(style_of("31"), style_of("1;31")) == "\x1b[1m"
    assert change(style_of("1;31"), PLAIN) == "\x1b[0m"
    assert style_of("0;1;38;5;12;107") == style_of("1;107;38;5;12")
