"""A run that is open on the screen: the fold, what its streams say, whom to ask. Owned by the screen's thread."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Collection

from autotuner_core.engine.host import Host
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder
from autotuner_core.run.run_state import RunState
from autotuner_tui.bridge import News, RunBridge
from autotuner_tui.headless.picture import level_under_way
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.keys import Request
from autotuner_tui.live.situation import Situation, situation_of
from autotuner_tui.live.steerer import Steerer
from autotuner_tui.streams import StreamsNow, Wanted

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
        self.loaded = False
        """Whether the record has been read once."""
        self.focus: tuple[int, int] | None = None
        """The attempt that the person looks at; the charts show it."""
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
    def active(self) -> bool:
        """Whether the run goes on: it has no end, and a host."""
        return self.state.end is None and self.holder is not None

    def take(self) -> bool:
        """Fold what has come; whether there was anything."""
        news = self._bridge.take()
        if news is None:
            return False
        self._fold(news)
        self._bridge.want(self._wanted())
        return True

    def answers(self) -> list[str]:
        """What the host has said to requests since the last call."""
        said = []
        while not self._steerer.answers.empty():
            said.append(self._steerer.answers.get())
        return said

    def send(self, request: Request) -> str:
        """Begin to ask the host; gives what to show until it answers. Never waits."""
        return self._steerer.send(request)

    def situation(self, chosen: Collection[int] = ()) -> Situation:
        """What a person could ask for now; `chosen` are the marked experiments, or the one under the cursor."""
        return situation_of(self.state, steerable=self.here and not self.watch, own=self.own, keys=True, chosen=chosen)

    def _fold(self, news: News) -> None:
        if news.state is not None:
            self.state, self.loaded = news.state, True
        for event in news.events:
            self.state.apply(event)
        self.streams, self.holder, self.here = news.streams, news.holder, news.here
        self.sure, self.trouble = news.sure, news.trouble

    def _wanted(self) -> Wanted:
        levels = []
        for experiment in self.state.running:
            attempt = experiment.latest
            level = level_under_way(attempt) if attempt is not None else None
            if attempt is not None and level is not None:
                levels.append((experiment.id, attempt.attempt, level.level))
        return Wanted(tuple(levels), self.focus)
