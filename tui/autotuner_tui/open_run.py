"""A run that is open on the screen: the fold, what its streams say, whom to ask. Owned by the screen's thread."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from autotuner_core.control import Interruption
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder
from autotuner_core.run.run_state import RunState
from autotuner_tui.bridge import News, RunBridge
from autotuner_tui.cli.recorded import standing_with
from autotuner_tui.headless.stages import level_under_way
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.interrupt import interrupt
from autotuner_tui.live.situation import Situation, situation_of
from autotuner_tui.live.steerer import Request, Steerer
from autotuner_tui.streams import StreamsNow, Wanted

if TYPE_CHECKING:
    from autotuner_core.engine.host import Host

TICK_SECONDS, SSH_TICK_SECONDS = 0.25, 1.0


def tick_seconds() -> float:
    """How often the screen is brought up to date: 4 Hz, 1 Hz through SSH."""
    return SSH_TICK_SECONDS if os.environ.get("SSH_CONNECTION") else TICK_SECONDS


class OpenRun:
    """`child`: the run's host where this program has started it, `host` where it is in this very process; `watch`: no
    steering. `changed` is called, from any thread, when `take` has something."""

    def __init__(
        self,
        folder: RunFolder,
        changed: Callable[[], None],
        *,
        watch: bool = False,
        child: subprocess.Popen[bytes] | None = None,
        host: Host | None = None,
    ) -> None:
        self.folder, self.watch, self.child, self.host = folder, watch, child, host
        self.look = HostLook(folder, child)
        self.state = RunState()
        self.streams = StreamsNow()
        self.holder: Holder | None = None
        self.here = self.sure = False
        self.trouble = ""
        self.gone = False
        """Whether its folder was moved or removed."""
        self.damaged = 0
        """How many lines of its journal are no events: they are passed over."""
        self.loaded = False
        """Whether the record has been read once."""
        self.focus: tuple[int, int] | None = None
        """The attempt that the person looks at; charts and logs show it."""
        self.interrupts = 0
        """How often Ctrl+C has stopped the run."""
        self._steerer = Steerer(folder, changed)
        self._bridge = RunBridge(folder, self.look, tick_seconds(), changed)

    def start(self) -> None:
        """Begin to read its folder."""
        self._bridge.start()

    def close(self) -> None:
        """Read no more; the run does not notice."""
        self._bridge.stop()

    @property
    def own(self) -> bool:
        """Whether this program has started the run."""
        return self.child is not None or self.host is not None

    @property
    def goes_on(self) -> bool:
        """Whether it has no end, and a host; also while that cannot be known."""
        return self.state.end is None and (self.holder is not None or not self.sure)

    @property
    def standing(self) -> str:
        """How the run stands, in a word: see Standing; `gone` where nothing more can be known."""
        if not self.loaded:
            return "reading"
        if self.gone and self.state.end is None:
            return "gone"
        if self.state.end is None and self.holder is None and not self.sure:
            return "unreadable"
        return standing_with(self.state, self.holder).word

    @property
    def now(self) -> float:
        """Until when the run has gone on, in seconds since the epoch: of one whose host died until its last event."""
        return time.time() if self.goes_on or not self.loaded else self.state.last_ts

    def take(self) -> bool:
        """Fold what has come; whether there was anything. Raises what has ended the reading, a bug."""
        news = self._bridge.take()
        if news is None:
            return False
        if news.fault is not None:
            raise news.fault
        self._fold(news)
        return True

    def look_on(self) -> None:
        """Have those streams read that can be seen now."""
        self._bridge.want(self._wanted())

    def answers(self) -> list[str]:
        """What the host has said to requests since the last call."""
        said = []
        while not self._steerer.answers.empty():
            said.append(self._steerer.answers.get())
        return said

    def send(self, request: Request) -> str:
        """Begin to ask the host; gives what to show until it answers. Never waits."""
        return self._steerer.send(request)

    def interrupt(self) -> None:
        """Ctrl+C for a run of our own: its host gets the signal, as if it had the terminal. The first one ends the run
        cleanly, a second one at once."""
        self.interrupts += 1
        again = self.interrupts > 1
        if self.child is not None:
            interrupt(self.child, again=again)
        elif self.host is not None:
            self.host.stop(Interruption.STOP_NOW if again else Interruption.STOP, signal=signal.SIGINT)

    def situation(self, chosen: Collection[int] = ()) -> Situation:
        """What a person could ask for now; `chosen` are the marked experiments, or the one under the cursor."""
        now = situation_of(self.state, steerable=self.here and not self.watch, own=self.own, chosen=chosen)
        hostless = self.loaded and self.sure and self.holder is None and not self.gone
        left = self.state.end is None or bool(self.state.queue or self.state.running)
        return replace(now, resumable=hostless and left and not self.watch)

    def taken_up(self, child: subprocess.Popen[bytes]) -> None:
        """The run goes on: this program has started a host for it."""
        self.child = child
        self.look.adopt(child)

    def _fold(self, news: News) -> None:
        if news.beginning is not None:
            self.state, self.loaded = news.beginning, True
        for event in news.events:
            self.state.apply(event)
        self.streams, self.holder, self.here = news.streams, news.holder, news.here
        self.sure, self.trouble, self.gone, self.damaged = news.sure, news.trouble, news.gone, news.damaged

    def _wanted(self) -> Wanted:
        levels = []
        for experiment in self.state.running:
            attempt = experiment.latest
            level = level_under_way(attempt) if attempt is not None else None
            if attempt is not None and level is not None:
                levels.append((experiment.id, attempt.attempt, level.level))
        engines = tuple((e.id, e.latest.attempt) for e in self.state.running if e.latest is not None)
        return Wanted(tuple(levels), charted(self.state, self.focus), engines)


def charted(state: RunState, focus: tuple[int, int] | None) -> tuple[int, int] | None:
    """The attempt whose level is charted: the one in focus, but while that has none yet the last one that had, so that
    the picture stays until there is another."""
    experiment = state.experiments.get(focus[0]) if focus is not None else None
    attempt = experiment.latest if experiment is not None else None
    if focus is not None and attempt is not None and (attempt.levels or attempt.ended or attempt.attempt != focus[1]):
        return focus
    measured = [(e, a) for e in state.experiments.values() for a in e.attempts if a.levels]
    last = max(measured, key=lambda one: one[1].started_at, default=None)
    return focus if last is None else (last[0].id, last[1].attempt)
