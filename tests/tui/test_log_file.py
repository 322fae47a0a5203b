"""Big files that grow, shrink, are replaced, are away."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autotuner_tui.logs import line_index
from autotuner_tui.logs.line_index import LONGEST_LINE, LineIndex
from autotuner_tui.logs.log_file import LogFile, runs


def looked(file: LogFile) -> LogFile:
    file.look()
    while file.behind:
        file.read_on()
    return file


def texts(file: LogFile) -> list[bytes]:
    return list(file.lines(range(file.index.count)).values())


@given(st.lists(st.binary(max_size=300).map(lambda b: b.replace(b"\n", b"")), max_size=60), st.booleans(), st.data())
def test_any_line_of_any_file_is_found_again(lines: list[bytes], ended: bool, data: st.DataObject) -> None:
    whole = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    block, line_index.BLOCK = line_index.BLOCK, 256
    try:
        index = LineIndex()
        at = 0
        while at < len(whole):
            size = data.draw(st.integers(1, 700))
            index.feed(whole[at : at + size])
            at += size
        expected = whole.split(b"\n")
        expected = expected if expected[-1] else expected[:-1]
        assert index.count == len(expected)
        for first in range(len(expected)):
            assert list(index.lines(BytesIO(whole), first, 3)) == expected[first : first + 3]
    finally:
        line_index.BLOCK = block


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"x" * (LONGEST_LINE * 20 + 100) + b"\nnext\n")
    file = looked(LogFile(path))
    first, second = texts(file)
    assert len(first) == LONGEST_LINE
    assert second == b"next"


def test_lines_that_are_added_are_found_and_a_torn_one_grows(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"one\ntwo\nthr")
    file = looked(LogFile(path))
    assert texts(file) == [b"one", b"two", b"thr"]
    with path.open("ab") as more:
        more.write(b"ee\nfour\n")
    assert texts(looked(file)) == [b"one", b"two", b"three", b"four"]
    assert file.generation == 0


def test_a_file_that_begins_anew_is_not_shown_with_the_lines_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"one\ntwo\nthree\n")
    file = looked(LogFile(path))

    path.write_bytes(b"uno\n")  # truncated
    assert texts(looked(file)) == [b"uno"]

    other = tmp_path / "other"
    other.write_bytes(b"uno and\nmore\n")
    other.replace(path)  # replaced, as by who takes secrets out of it
    assert texts(looked(file)) == [b"uno and", b"more"]

    path.write_bytes(b"longer than before in one go\nthan it was\n")  # truncated, and grown before it was looked at
    assert texts(looked(file)) == [b"longer than before in one go", b"than it was"]
    assert file.generation == 3


def test_a_file_that_is_away_says_so_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    file = looked(LogFile(path))
    assert (file.there, file.trouble) == (False, "")
    path.write_bytes(b"one\n")
    assert texts(looked(file)) == [b"one"]
    away = path.rename(tmp_path / "away")
    assert looked(file).trouble == "engine.log is gone"
    away.rename(path)
    looked(file)
    assert (texts(file), file.trouble, file.generation) == ([b"one"], "", 0)


def test_a_folder_in_the_place_of_a_log_is_told_as_the_trouble_it_is(tmp_path: Path) -> None:
    (tmp_path / "engine.log").mkdir()
    file = looked(LogFile(tmp_path / "engine.log"))
    assert file.trouble == "engine.log cannot be read now (Is a directory); trying again"


def test_lines_here_and_there_are_read_in_as_few_goes_as_they_lie_together() -> None:
    assert runs([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 1), (9, 2)]
    assert runs([]) == []
