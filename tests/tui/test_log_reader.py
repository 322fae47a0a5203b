"""What the thread that reads a log tells the screen: what was asked for, the end when it is the end, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autotuner_tui.logs import log_file
from autotuner_tui.logs.finding import Finding
from autotuner_tui.logs.news import LogNews, Order
from autotuner_tui.logs.reader import LogReader
from autotuner_tui.logs.search import Needle
from waiting import wait_for


class Seen:
    """All news of a reader, as a view takes them."""

    def __init__(self) -> None:
        self.told: list[LogNews] = []
        self.reader = LogReader(0.005, self._take)

    def _take(self) -> None:
        if (news := self.reader.take()) is not None:
            self.told.append(news)

    def last(self, count: int) -> LogNews:
        """The news of a file of so many lines."""
        wait_for(lambda: self.told and self.told[-1].count == count and self.told[-1].read == 1)
        return self.told[-1]


@contextmanager
def reading(order: Order) -> Iterator[Seen]:
    seen = Seen()
    seen.reader.order(order)
    seen.reader.start()
    try:
        yield seen
    finally:
        seen.reader.stop()


def log_of(tmp_path: Path, lines: int) -> Path:
    path = tmp_path / "engine.log"
    path.write_text("".join(f"line {n}\n" for n in range(lines)))
    return path


def test_the_end_of_a_big_log_is_shown_and_not_what_is_the_end_so_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "STEP", 100)
    with reading(Order(log_of(tmp_path, 5000), tail=2)) as seen:
        seen.last(5000)
        assert [news.lines for news in seen.told if news.lines] == [{4998: "line 4998", 4999: "line 4999"}]


def test_a_log_that_does_not_change_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Path] = []
    look = log_file.LogFile.look
    monkeypatch.setattr(log_file.LogFile, "look", lambda self: (looks.append(self.path), look(self)))
    with reading(Order(log_of(tmp_path, 10), tail=2)) as seen:
        seen.last(10)
        told = len(seen.told)
        so_far = len(looks)
        wait_for(lambda: len(looks) > so_far + 5)
        assert len(seen.told) == told


def test_news_of_a_log_that_is_shown_no_more_are_not_taken_for_those_of_the_next(tmp_path: Path) -> None:
    path, other = log_of(tmp_path, 10), tmp_path / "other.log"
    other.write_text("another text\n")
    with reading(Order(path, lines=(0, 5))) as seen:
        assert seen.last(10).lines == {0: "line 0", 5: "line 5"}
        seen.reader.order(Order(other, lines=(0, 5)))
        assert seen.last(1).lines == {0: "another text"}
        assert {news.text for news in seen.told if news.count == 1} != {news.text for news in seen.told if news.count}


def test_a_search_goes_on_where_it_was_on_another_screen(tmp_path: Path) -> None:
    needle = Needle("line")
    with reading(Order(log_of(tmp_path, 10), needle=needle)) as seen:
        wait_for(lambda: seen.told and seen.told[-1].order.needle == needle and seen.told[-1].searched == 1)
        finding = Finding(needle, line=4)
        for news in seen.told:
            finding.take(news)
    assert (finding.number, finding.next(4), finding.next(9), finding.last(0)) == (5, 5, 0, 9)
