"""A text is found wherever it stands in a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_tui.logs import search as module
from autotuner_tui.logs.log_file import LogFile
from autotuner_tui.logs.search import Needle, Search


def found(search: Search) -> list[int]:
    lines: list[int] = []
    while search.behind:
        lines += search.step()
    return lines


def read(path: Path) -> LogFile:
    file = LogFile(path)
    file.look()
    while file.behind:
        file.read_on()
    return file


@pytest.mark.parametrize("piece", [4, 64, 100_000])
def test_every_line_that_has_the_text_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(module, "PIECE", max(piece, 40))
    path = tmp_path / "engine.log"
    lines = [f"line {n} {'ERROR and error' if n % 7 == 3 else 'fine'}" for n in range(200)]
    path.write_text("\n".join(lines) + "\n")
    assert found(Search(read(path), Needle("error"))) == [n for n in range(200) if n % 7 == 3]
    assert found(Search(read(path), Needle("ERROR"))) == [n for n in range(200) if n % 7 == 3]
    assert found(Search(read(path), Needle("Error"))) == []


def test_colours_in_a_log_do_not_hide_what_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"fine\n\x1b[31mERR\x1b[1mOR\x1b[0m: no memory\n")
    assert found(Search(read(path), Needle("error: no"))) == [1]


def test_what_comes_later_is_searched_too_and_a_torn_line_once(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("an error\nhalf an err")
    file = read(path)
    search = Search(file, Needle("error"))
    assert found(search) == [0]
    for more, lines in (("or", [1]), (" in one line, and error again\n", []), ("fine\nerror\n", [3])):
        with path.open("a") as grown:
            grown.write(more)
        file.look()
        file.read_on()
        assert found(search) == lines


def test_a_line_longer_than_a_piece_is_searched_and_the_next_ones_have_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PIECE", 32)
    path = tmp_path / "engine.log"
    path.write_text("x" * 200 + "error\nfine\nerror\n")
    assert found(Search(read(path), Needle("error"))) == [0, 2]
