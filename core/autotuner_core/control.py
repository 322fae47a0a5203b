"""Control: every wait of a run goes through it, so that every wait can be interrupted and has a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import Enum

LONGEST_WAIT_SECONDS = 86400.0
"""Waits are looked at again after a day: what a task allows may be more than the system's clocks can count."""


class Interruption(str, Enum):
    """Why a wait was cut short."""

    SKIP = "skip"
    STOP = "stop"
    STOP_NOW = "stop_now"
    BUDGET = "budget"


class Interrupted(Exception):
    """Raised out of a wait when the attempt, or the whole run, was asked to end."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__(interruption.value)
        self.interruption = interruption


class Control:
    """The one place that says whether a run, or one experiment of it, may go on.

    Thread-safe. Every waiter sleeps on one condition, so a command wakes all of them at once. The condition's lock is
    held for moments only: no waiter looks at anything else with it in hand. Whether the run is paused is no matter of
    waiting but of what the coordinator starts: the fold knows it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._version = 0
        self._stop: Interruption | None = None
        self._skipped: set[int] = set()
        self._closed = False

    def stop(self, interruption: Interruption = Interruption.STOP) -> None:
        """Ask the whole run to end: clean up and save. STOP_NOW does not wait for graceful ends."""
        with self._changed:
            if self._stop is not Interruption.STOP_NOW:
                self._stop = interruption
            self._announce()

    def skip(self, experiment: int) -> None:
        """Ask the experiment that is under way to end without a score."""
        with self._changed:
            self._skipped.add(experiment)
            self._announce()

    def forget_skip(self, experiment: int) -> None:
        """The experiment is over: a skip that was meant for it is not meant for a later re-run."""
        with self._changed:
            self._skipped.discard(experiment)

    def notify(self) -> None:
        """Wake every waiter, to look at its condition again."""
        with self._changed:
            self._announce()

    @property
    def version(self) -> int:
        """Counts what was announced. Take it before looking, then wait for a change of it: nothing is slept through."""
        return self._version

    def wait_for_change(self, version: int, seconds: float | None) -> None:
        """Sleep until something is announced that came after `version`, or for `seconds`."""
        longest = threading.TIMEOUT_MAX if seconds is None else min(seconds, LONGEST_WAIT_SECONDS)
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, longest)

    @property
    def stopping(self) -> Interruption | None:
        """Set once the run was asked to end."""
        return self._stop

    def close(self) -> None:
        """The run is over: nothing that would be asked of it now could be done."""
        self._closed = True

    @property
    def closed(self) -> bool:
        return self._closed

    def scope(self, experiment: int) -> Scope:
        """What the attempts of this experiment wait on."""
        return Scope(self, experiment)

    def interruption_of(self, experiment: int | None) -> Interruption | None:
        """Why this experiment (None: the run as a whole) must end now, if it must."""
        if self._stop is not None:
            return self._stop
        return Interruption.SKIP if experiment in self._skipped else None

    def _announce(self) -> None:
        self._version += 1
        self._changed.notify_all()


class Scope:
    """The waits of one attempt (or, with experiment None, of the run itself)."""

    def __init__(self, control: Control, experiment: int | None = None) -> None:
        self.control = control
        self.experiment = experiment

    @property
    def interruption(self) -> Interruption | None:
        return self.control.interruption_of(self.experiment)

    def check(self) -> None:
        """Raises Interrupted if the attempt was asked to end."""
        if (interruption := self.interruption) is not None:
            raise Interrupted(interruption)

    def wait(self, seconds: float) -> None:
        """Sleep; raises Interrupted at once when the attempt is asked to end."""
        self.wait_until(lambda: False, seconds)

    def wait_until(self, condition: Callable[[], bool], seconds: float, poll: float | None = None) -> bool:
        """Wait until `condition` holds; False when `seconds` are over first.

        The condition is looked at again whenever somebody calls `Control.notify`, and every `poll` seconds where one
        is given (for what no thread of ours can announce: a file that grows, a process that exits). It should be
        quick: while it works, an interruption is not seen.
        Raises Interrupted at once when the attempt is asked to end.
        """
        deadline = time.monotonic() + seconds
        while True:
            version = self.control.version
            self.check()
            if condition():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.control.wait_for_change(version, left if poll is None else min(left, poll))
