"""The thread that reads a log for a view of it. The view says what it wants; what it gets is frozen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autotuner_tui.logs.log_file import LogFile
from autotuner_tui.logs.log_text import as_shown
from autotuner_tui.logs.news import LogNews, Order
from autotuner_tui.logs.search import Search

JOURNAL = "journal.jsonl"


class LogReader:
    """`ready` is called from the thread when there is something to take, and not again before it was taken."""

    def __init__(self, seconds: float, ready: Callable[[], object]) -> None:
        self._seconds, self._ready = seconds, ready
        self._order = Order()
        self._lock, self._wake, self._stopped = threading.Lock(), threading.Event(), False
        self._news: LogNews | None = None
        self._file, self._serial = LogFile(Path()), -1
        self._search: Search | None = None
        self._search_of: object = None
        self._searches = 0
        self._found: list[int] = []
        self._looked = self._told_at = 0.0
        self._told: object = None
        self._news_of: Order | None = None
        self._thread = threading.Thread(target=self._run, name="read-log", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        self._wake.set()

    def order(self, order: Order) -> None:
        """From now on this is wanted."""
        if order.path != self._order.path:
            order = replace(order, serial=self._order.serial + 1)
        else:
            order = replace(order, serial=self._order.serial)
        if order != self._order:
            self._order = order
            self._wake.set()

    def take(self) -> LogNews | None:
        """The news since the last call; None too where they are of a file that is wanted no more."""
        with self._lock:
            news, self._news = self._news, None
        return news if news is not None and news.order.serial == self._order.serial else None

    # ---- in the thread

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            order = self._order
            if order.path is None:
                self._wake.wait()
                continue
            busy = self._step(order, order.path)
            self._tell(order, busy)
            if not busy:
                self._wake.wait(self._seconds)

    def _step(self, order: Order, path: Path) -> bool:
        """A small piece of what there is to do; whether there is more."""
        if order.serial != self._serial:
            self._file, self._serial, self._looked = _log_at(path), order.serial, 0.0
        file = self._file
        if time.monotonic() - self._looked >= self._seconds * 0.9:
            file.look()
            self._looked = time.monotonic()
        if file.behind:
            file.read_on()
        search = self._search_for(order)
        if search is not None and search.behind:
            self._found += search.step()
        return file.behind or (search is not None and search.behind)

    def _search_for(self, order: Order) -> Search | None:
        """The search under way; a new one for another needle or another text."""
        wanted = order.needle, order.serial, self._file.generation
        if wanted != self._search_of:
            self._search = Search(self._file, order.needle) if order.needle else None
            self._search_of, self._searches = wanted, self._searches + 1
            self._found.clear()
        return self._search

    def _tell(self, order: Order, busy: bool) -> None:
        """Say what is new: what was ordered at once, else at the rate at which the screen is painted."""
        file, search = self._file, self._search
        same_order = self._news_of == order
        if busy and same_order and time.monotonic() - self._told_at < self._seconds:
            return
        of_file = file.generation, file.index.size, file.size, file.there, file.trouble
        state = order, of_file, self._searches, search.offset if search is not None else 0, busy
        if state == self._told:
            return
        self._told, self._told_at, self._news_of = state, time.monotonic(), order
        self._put(self._look_now(order))

    def _put(self, news: LogNews) -> None:
        self._found.clear()
        with self._lock:
            waiting = self._news
            if waiting is not None and waiting.search == news.search:
                news = replace(news, found=waiting.found + news.found)
            self._news = news
        if waiting is None and not self._stopped:
            self._ready()

    def _look_now(self, order: Order) -> LogNews:
        file, search = self._file, self._search
        count, size = file.index.count, file.index.size
        wanted: Sequence[int] = range(max(0, count - order.tail), count) if order.tail else order.lines
        done = not file.behind and not (search is not None and search.behind)
        lines = {} if order.tail and file.behind else file.lines(wanted)  # the end is where all is read
        return LogNews(
            order,
            text=(order.serial, file.generation),
            count=count,
            read=size / file.size if file.behind else 1.0,
            searched=1.0 if done or search is None else search.offset / file.size,
            there=file.there,
            trouble=file.trouble,
            lines={number: as_shown(line) for number, line in lines.items()},
            search=self._searches,
            found=tuple(self._found),
        )


def _log_at(path: Path) -> LogFile:
    """A journal is told in words; anything else is a text as it is."""
    if path.name != JOURNAL:
        return LogFile(path)
    from autotuner_tui.logs.told_run import ToldRun

    return ToldRun(path)
