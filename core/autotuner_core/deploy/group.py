"""A program under way in a process group of its own: watched, and ended with everything that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import psutil

from autotuner_core.deploy.strays import Stray, carries, end_strays, look, wait_gone
from autotuner_core.failures import ExperimentFailure, FailureCause

GROUP_VARIABLE = "AUTOTUNER_GROUP"  # finds what left the group by a session of its own
WATCHDOG = "autotuner-watchdog"

_WORKERS_GRACE = 2.0  # seconds for the rest of a group after its leader went by itself
_LOOK_AGAIN = 0.1  # seconds
_KILL_GRACE = 5.0  # seconds after SIGKILL; what is still there then hangs in the kernel


class ProcessGroup:
    """A program under way and everything it started. Thread-safe. `stop` must be called, also after it has ended."""

    def __init__(
        self, child: subprocess.Popen[bytes], pipe: int, group_id: str, on_exit: Callable[[int], None] | None
    ) -> None:
        self.pid = child.pid
        self.started = _create_time(child.pid)
        self.stdin = child.stdin
        self.stdout = child.stdout
        self._child = child
        self._pipe: int | None = pipe
        self._group_id = group_id
        self._on_exit = on_exit
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._gone = False
        threading.Thread(target=self._wait_for_exit, name=f"wait-{self.pid}", daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """None while the program runs; minus the signal's number where a signal ended it."""
        return self._child.returncode if self._ended.is_set() else None

    def poll(self) -> int | None:
        """The exit code; None while the program runs."""
        return self.exit_code

    def wait(self, seconds: float) -> bool:
        """Wait until the program has ended; False when `seconds` are over first."""
        return self._ended.wait(seconds)

    def members(self) -> list[Stray]:
        """The processes of the group that still live, the watchdog left out."""
        return [member for member in self._all_members() if WATCHDOG not in member.command or member.pid == self.pid]

    def stop(self, now: bool = False, grace: float = 10.0, hurry: Callable[[], bool] = lambda: False) -> None:
        """End the whole group and wait until it is gone: SIGTERM, SIGKILL after `grace` seconds; `now`: SIGKILL.

        Safe to call twice, and from two threads: a `now`, or a `hurry` that turns true, cuts a graceful stop short.
        Raises ExperimentFailure(stuck_deletion) that names what is left.
        """
        if not now and not self._gone and self._kill_group(signal.SIGTERM):
            self._wait_graceful(grace, hurry)
        self._kill_group(signal.SIGKILL)
        self._ended.wait(_KILL_GRACE)
        wait_gone(self._all_members(), _KILL_GRACE)
        escaped = end_strays(self._group_id, grace=0, variable=GROUP_VARIABLE)
        left = {stray.pid: str(stray) for stray in (*self._all_members(), *escaped)}
        if left:
            names = list(left.values())
            raise ExperimentFailure(
                FailureCause.STUCK_DELETION,
                f"{len(left)} process(es) did not end after SIGKILL: {', '.join(names)}",
                evidence=names,
                cure="A process in state D waits in the kernel (a driver, a network file system) and may hold its GPU "
                "until that comes back: look at dmesg; a reboot may be needed.",
                retry=False,
            )
        with self._lock:
            self._gone = True
            if self._pipe is not None:
                os.close(self._pipe)
                self._pipe = None

    def _wait_graceful(self, grace: float, hurry: Callable[[], bool]) -> None:
        deadline = time.monotonic() + grace
        while not self._ended.wait(min(_LOOK_AGAIN, max(0.0, deadline - time.monotonic()))):
            if hurry() or time.monotonic() >= deadline:
                return
        deadline = min(deadline, time.monotonic() + _WORKERS_GRACE)
        wait_gone(self.members(), max(0.0, deadline - time.monotonic()))

    def _kill_group(self, number: int) -> bool:
        # The number of a group stays taken while its leader is not reaped, or the watchdog in it waits for our pipe.
        with self._lock:
            if self._gone or (self._ended.is_set() and not self._is_ours()):
                return False
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):  # macOS: EPERM where only zombies are left
                return False
            return True

    def _is_ours(self) -> bool:
        return any(carries(member.pid, GROUP_VARIABLE, self._group_id) for member in self._all_members())

    def _all_members(self) -> list[Stray]:
        return [] if self._gone else [stray for pid in psutil.pids() if (stray := self._member(pid)) is not None]

    def _member(self, pid: int) -> Stray | None:
        try:
            return look(pid) if os.getpgid(pid) == self.pid else None
        except OSError:
            return None

    def _wait_for_exit(self) -> None:
        code = self._child.wait()
        self._ended.set()
        if self._on_exit is not None:
            self._on_exit(code)


def _create_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:  # ended already
        return time.time()
