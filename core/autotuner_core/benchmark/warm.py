"""The warm process of a run, seen from the tuner: it has imported genai-bench, and forks a load generator per level."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.run.processes import birth_of, same_process

LAUNCHER = Path(__file__).with_name("launcher.py")

_KILL_GRACE = 5.0  # seconds until a fork that was killed must have been reported gone

Report = Mapping[str, Any]


class Fork:
    """One load generator. `pid` and `started` are known before its first request; `status` as waitpid gives it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid: int | None = None
        self.started = 0.0
        self.born: float | None = None
        self.status: int | None = None
        self.gone = threading.Event()

    @property
    def exit_code(self) -> int | None:
        """None while it runs, or where nobody could see it end; minus the signal's number where one ended it."""
        return None if self.status is None else os.waitstatus_to_exitcode(self.status)


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
        """Begin a level. The fork's pid comes to be known with a `notify`."""
        fork = Fork(next(self._numbers))
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
        if fork.pid is None or not same_process(fork.pid, fork.started, fork.born):
            return self.dead
        os.kill(fork.pid, signal.SIGKILL)
        return fork.gone.wait(_KILL_GRACE) or not same_process(fork.pid, fork.started, fork.born)

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
                fork.started, fork.born = report["started"], birth_of(report["pid"])
                fork.pid = report["pid"]
            elif kind == "exited":
                fork.status = report["status"]
                self._forks.pop(fork.number, None)
                fork.gone.set()

    def _lost(self) -> None:
        self.dead = True
        self._notify()
