"""What stands in a log does to the screen nothing but be read."""

from __future__ import annotations

import pytest

from autotuner_tui.logs.log_text import as_shown, parts_of
from autotuner_tui.logs.search import Needle
from autotuner_tui.logs.window import Place, last_place, moved
from autotuner_tui.views.log_lines import log_line, parted, wrapped
from autotuner_tui.views.log_status import LogStatus, status_line
from autotuner_tui.widgets.lines import Piece, plain_text, texts

TIMED = (
    ("0.18.677.211 W srv          stop: cancel task", "W srv          stop: cancel task"),
    ("INFO     2026-11-28 18:21:13.%f - genai_bench: Welcome", "INFO     genai_bench: Welcome"),
    ("[2024-11-05 12:00:00] server_args=ServerArgs()", "server_args=ServerArgs()"),
    ("[2024-11-05 12:00:00 TP0] Init torch", "[TP0] Init torch"),
    ("INFO 11-05 12:00:00 [api_server.py:12] vLLM", "INFO [api_server.py:12] vLLM"),
    ("(EngineCore_0 pid=7) INFO 11-05 12:00:00 [core.py:1] up", "(EngineCore_0 pid=7) INFO [core.py:1] up"),
    ("2026-11-28T18:21:13.123456Z Pulled", "Pulled"),
    ("2026-11-28 18:21:13,123 WARNING autotuner: slow", "WARNING autotuner: slow"),
    ("I1128 18:21:13.123456 7 main.go:1] up", "I 7 main.go:1] up"),
    ("12:31:07  experiment 3 is measured", "experiment 3 is measured"),
    ("no time at all", "no time at all"),
)


@pytest.mark.parametrize(("line", "without"), TIMED)
def test_times_are_dim_and_can_be_left_out(line: str, without: str) -> None:
    assert plain_text(log_line(line)) == line
    assert plain_text(log_line(line, times=False)) == without
    assert ("dim" in [piece.style for piece in log_line(line)]) == (line != without)


def test_levels_are_told_by_their_words() -> None:
    assert Piece("WARNING", "warn") in log_line("2026-11-28 18:21:13,123 WARNING autotuner: slow")
    assert Piece("W", "warn") in log_line("0.18.677.211 W srv stop")
    assert Piece("ERROR", "bad") in log_line("ERROR 11-05 12:00:00 [core.py:1] down", times=False)
    assert parts_of("WARNED of nothing", times=True).kind == ""


def test_control_sequences_do_nothing_to_the_screen() -> None:
    shown = plain_text(log_line(as_shown(b"a\x1b[2Jb\x1b[31mred\x1b]0;title\x07c \x1b7 \x07 \x9b2J [bold]x[/bold]")))
    assert shown == "abredc ·7 · \ufffd2J [bold]x[/bold]"
    assert shown.isprintable()


def test_a_progress_bar_is_shown_as_a_terminal_leaves_it() -> None:
    assert as_shown(b"Loading:  10%\rLoading:  50%\rLoading: 100%\r") == "Loading: 100%"
    assert as_shown(b"windows line\r") == "windows line"


def test_what_was_found_is_marked_wherever_it_stands() -> None:
    shown = log_line("an Error, an ERROR", needle=Needle("error"))
    assert [piece.text for piece in shown if piece.style == "found"] == ["Error", "ERROR"]
    assert [p.style for p in log_line("error", needle=Needle("error"), here=True)] == ["marked found"]


def test_long_lines_wrap_or_are_cut_at_cells_not_characters() -> None:
    line = (Piece("ab好cd", "dim"), Piece("efg"))
    assert texts(wrapped(line, 4)) == ["ab好", "cdef", "g"]
    assert texts(wrapped((Piece("a好好"),), 2)) == ["a", "好", "好"]
    assert texts(wrapped((), 10)) == [""]
    assert parted(line, 6)[1] == (Piece("efg"),)
    assert parted(line, 100) == (line, ())


def test_places_move_by_lines_of_the_screen_where_rows_take_several() -> None:
    tall = [1, 3, 2, 1].__getitem__
    assert last_place(4, 4, tall) == Place(1, 2)
    assert last_place(4, 10, tall) == Place(0, 0)
    assert moved(Place(0, 0), 2, tall) == Place(1, 1)
    assert moved(Place(2, 1), -2, tall) == Place(1, 2)
    assert moved(Place(1, 0), -9, tall) == Place(0, 0)


def test_where_one_is_is_told_in_a_few_words() -> None:
    now = LogStatus(4532, (98, 120), needle="error", hits=41, hit=3)
    assert plain_text(status_line(now)) == '98-120/4,532 · "error" 3/41'
    now = LogStatus(4532, (98, 120), follow=True, trouble="engine.log is gone")
    assert plain_text(status_line(now)) == "engine.log is gone · 98-120/4,532 · following"
    now = LogStatus(9, (1, 9), needle="x", hits=2, searched=0.4, read=0.5, filtered=True, column=8)
    assert plain_text(status_line(now)) == (
        '1-9/9 · reading 50% · "x" in 2 lines · searched 40%, Esc ends it · only these lines · from column 9'
    )
