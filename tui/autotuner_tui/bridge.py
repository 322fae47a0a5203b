"""From a run's folder to the screen: a thread reads what is new and hands it over in one piece per tick. It never
folds after the first look: the state has one owner, the screen's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from autotuner_core.run.events import Event
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder
from autotuner_core.run.journal import JournalFollower
from autotuner_core.run.run_state import RunState
from autotuner_tui.garbage import reading_what_stays
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.streams import StreamsNow, Wanted

if TYPE_CHECKING:
    from autotuner_tui.streams.live import LiveStreams


@dataclass(frozen=True)
class News:
    """What came since the last time. `beginning` is there once, in the first piece, and belongs to whoever takes it.
    `trouble` says why the record cannot be read now, `gone` that it was moved or removed; `damaged`
    is how many lines of the journal are no events, from its beginning; `fault` is a bug that has
    ended the reading."""

    beginning: RunState | None = None
    events: tuple[Event, ...] = ()
    streams: StreamsNow = field(default_factory=StreamsNow)
    holder: Holder | None = None
    here: bool = False
    sure: bool = False
    trouble: str = ""
    gone: bool = False
    damaged: int = 0
    fault: Exception | None = None


class RunBridge:
    """Reads the folder every `seconds`. `ready` is called from the thread when there is something to take; not again
    before it was taken. `want` says which streams somebody looks at."""

    def __init__(self, folder: RunFolder, look: HostLook, seconds: float, ready: Callable[[], None]) -> None:
        self.folder, self.seconds = folder, seconds
        self._look, self._ready = look, ready
        self._follower = JournalFollower(folder.journal)
        self._streams: LiveStreams | None = None
        self._lock, self._wake, self._stopped = threading.Lock(), threading.Event(), False
        self._news: News | None = None
        self._begun = False
        self._wanted = Wanted()
        self._thread = threading.Thread(target=self._read, name=f"read-{folder.run_id}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
        self._wake.set()

    def want(self, wanted: Wanted) -> None:
        """From now on read these streams; the next piece has them."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._wake.set()

    def take(self) -> News | None:
        """What came since the last call."""
        with self._lock:
            news, self._news = self._news, None
            return news

    def _read(self) -> None:
        first = True
        while not self._stopped:
            self._wake.clear()
            try:
                with reading_what_stays() if first else nullcontext():
                    news = self._look_now(first)
            except Exception as error:  # a screen that stands still without a word would be believed
                self._put(News(fault=error))
                return
            self._put(news)
            first = False
            self._wake.wait(self.seconds)

    def _look_now(self, first: bool) -> News:
        events: list[Event] = []
        trouble = ""
        try:
            events = self._follower.poll()
        except OSError as error:  # a shared folder that is away for a while
            trouble = f"the run's record cannot be read now ({error.strerror}); trying again"
        self._begun = self._begun or bool(events)
        gone = self._begun and not events and _is_gone(self.folder)
        beginning = RunState.of(events) if first else None
        streams = self._read_streams()
        holder, here = self._look.holder(), self._look.here()
        new, damaged = () if first else tuple(events), self._follower.damaged
        return News(beginning, new, streams, holder, here, self._look.sure, trouble, gone, damaged)

    def _read_streams(self) -> StreamsNow:
        """What reads them is loaded once somebody wants them: not before the first picture."""
        wanted = self._wanted
        if self._streams is None and wanted != Wanted():
            from autotuner_tui.streams.live import LiveStreams

            self._streams = LiveStreams(self.folder)
        return self._streams.read(wanted) if self._streams is not None else StreamsNow()

    def _put(self, news: News) -> None:
        with self._lock:
            waiting = self._news
            if waiting is not None:  # the screen is behind: one piece of both
                beginning = waiting.beginning or news.beginning
                news = replace(news, beginning=beginning, events=waiting.events + news.events)
            self._news = news
        if waiting is None and not self._stopped:
            self._ready()


def _is_gone(folder: RunFolder) -> bool:
    try:
        folder.journal.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # `trouble` tells of it
    return False
