"""The warm process of a run, seen from the tuner: it has imported genai-bench, and forks a load generator per level."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.run.processes import birth_of, same_process

LAUNCHER = Path(__file__).with_name("launcher.py")

_KILL_GRACE = 5.0  # seconds until a fork that was killed must have been reported gone

Report = Mapping[str, Any]


class Fork:
    """A level under way: `size` load generators, each a process. `processes` (as deploy.strays.same_process
    wants them) are known before the first request; `gone` is set when all have ended."""

    def __init__(self, number: int, size: int) -> None:
        self.number, self.size = number, size
        self.processes: list[tuple[int, float, float | None]] = []
        self.statuses: list[int] = []
        self.gone = threading.Event()

    @property
    def known(self) -> bool:
        """Whether all its processes are known."""
        return len(self.processes) == self.size

    @property
    def exit_code(self) -> int | None:
        """Of the first that ended badly (the others are ended for it), else 0; minus the signal's number where one
        ended it. None while all run, or where nobody could see it end."""
        codes = [os.waitstatus_to_exitcode(status) for status in self.statuses]
        return next((code for code in codes if code), 0) if codes else None


class WarmProcess:
    """Started by its constructor; says by `loaded` and `tokenizer` when it is ready. Thread-safe.

    `notify` is called by its own thread whenever something came to be known. `dead` is set when it can do nothing
    more, for whatever reason; its forks are then ended with it.
    """

    def __init__(
        self,
        python: str,
        *,
        tokenizer: str,
        env: Mapping[str, str],
        folder: Path,
        log: Path,
        token: str,
        notify: Callable[[], None],
    ) -> None:
        self.log = log
        self.loaded: Report | None = None
        self.tokenizer: Report | None = None
        self.dead = False
        self._notify = notify
        self._forks: dict[int, Fork] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.group: ProcessGroup = start_group(
            [python, str(LAUNCHER), "warm"],
            env=env,
            cwd=folder,
            log=log,
            token=token,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.group.stdin is not None and self.group.stdout is not None
        self._commands: IO[bytes] = self.group.stdin
        self._reports: IO[bytes] = self.group.stdout
        threading.Thread(target=self._listen, name="warm-process", daemon=True).start()
        self._send({"cmd": "tokenizer", "id": 0, "name": tokenizer})

    @property
    def ready(self) -> bool:
        """Whether all is known that can be known before the first level."""
        return self.dead or (self.loaded is not None and self.tokenizer is not None)

    def fork(self, arguments: Sequence[str], settings: Mapping[str, Any]) -> Fork:
        """Begin a level; `settings["workers"]` (1) load generators. Their pids come to be known with a `notify`."""
        fork = Fork(next(self._numbers), int(settings.get("workers", 1)))
        with self._lock:
            self._forks[fork.number] = fork
        self._send({"cmd": "level", "id": fork.number, "arguments": list(arguments), "settings": dict(settings)})
        return fork

    def end(self, fork: Fork) -> None:
        """Ask a level to end now, with its data saved."""
        self._send({"cmd": "end", "id": fork.number})

    def kill(self, fork: Fork) -> bool:
        """End a level at once and wait until it is gone. False where it could not be seen to be gone."""
        self._send({"cmd": "end", "id": fork.number, "kill": True})
        if fork.gone.wait(_KILL_GRACE if not self.dead else 0.0):
            return True
        self.give_up()
        left = [process for process in fork.processes if same_process(*process)]
        if not left:
            return self.dead
        for process in left:
            os.kill(process[0], signal.SIGKILL)
        deadline = time.monotonic() + _KILL_GRACE
        while (there := any(same_process(*process) for process in left)) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not there

    def give_up(self) -> None:
        """It does not do what it is told (it is stopped, say, or the machine is): it counts as dead from now on."""
        self._lost()

    def close(self) -> None:
        """End it and all its forks, and wait until they are gone. Safe to call twice.
        Raises ExperimentFailure(stuck_deletion) that names what is left."""
        self.group.stop(now=True)
        self._lost()

    def _send(self, command: Report) -> None:
        data = json.dumps(command).encode() + b"\n"
        try:
            with self._lock:
                self._commands.write(data)
                self._commands.flush()
        except (OSError, ValueError):  # it is gone, or its end of the pipe is closed
            self._lost()

    def _listen(self) -> None:
        try:
            for line in self._reports:
                self._take(json.loads(line))
                self._notify()
        except (OSError, ValueError):
            pass  # closed under us, or torn in its last breath: lost either way
        self._lost()

    def _take(self, report: Report) -> None:
        kind = report["report"]
        if kind == "loaded":
            self.loaded = report
        elif kind == "tokenizer":
            self.tokenizer = report
        elif (fork := self._forks.get(report.get("id", 0))) is not None:
            if kind == "forked":
                pid = report["pid"]
                fork.processes.append((pid, report["started"], birth_of(pid)))
            elif kind == "exited":
                fork.statuses.append(report["status"])
                if len(fork.statuses) == fork.size:
                    self._forks.pop(fork.number, None)
                    fork.gone.set()

    def _lost(self) -> None:
        self.dead = True
        self._notify()
