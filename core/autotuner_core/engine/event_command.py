"""A command of the user's that is started once for each event of a run, with the event on its stdin: notifications.

It reads the run's journal like every viewer, so the run never waits for it. Its process is no resource of the run's:
it has a deadline, and the run's token and its host's mark, by which a resumed run and `clean` find one that hangs.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from autotuner_core.deploy.orphans import HOST_VARIABLE, host_mark
from autotuner_core.deploy.strays import TOKEN_VARIABLE
from autotuner_core.engine.ledger import Ledger
from autotuner_core.run.events import Event, RunNote
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import JournalFollower, JournalWriteError

log = logging.getLogger(__name__)

CALL_SECONDS = 10.0
"""A call that takes longer is killed, with its process group."""

DRAIN_SECONDS = 5.0
"""After the run's end; what is not delivered by then is passed over, but for the last event."""

MOST_BEHIND = 1000
"""Events that wait; of more than these the oldest are passed over."""

POLL_SECONDS = 0.2
LOOK_AGAIN = 0.1  # seconds

Note = Callable[[str], None]


def command_of_words(text: str) -> tuple[str, ...]:
    """The program (by its whole path) and its arguments of a command as it is typed; no shell is asked. Raises
    ValueError where it names no program that can be executed."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"not a command: {error}") from error
    if not words:
        raise ValueError("it names no program")
    program = shutil.which(words[0])
    if program is None:
        raise ValueError(f"no such program, or it cannot be executed: {words[0]}")
    return (str(Path(program).absolute()), *words[1:])


def event_command(command: Sequence[str], folder: RunFolder, token: str, ledger: Ledger) -> EventCommand | None:
    """The command of a run that was just taken in hand; None where there is none. It is told of what this host records:
    a resumed run's earlier events were told then."""
    if not command:
        return None

    def note(text: str) -> None:
        with contextlib.suppress(JournalWriteError):  # the run meets it at its next event
            ledger.record(RunNote(text=text, level="warning", code="on_event_failed"))

    host = ledger.read(lambda state: state.host)
    after = host.seq - 1 if host is not None and host.resumed else 0
    return EventCommand(command, folder.journal, folder.on_event_log, token=token, after=after, note=note)


class EventCommand:
    """Starts `command` (a program and its arguments, no shell) for every event of a journal after number `after`: in
    order, one at a time. Its output goes to the file `output`. `note` is told of the first failure; further ones are
    counted, and all are told in the host's log at the end: a note is an event, too."""

    def __init__(
        self, command: Sequence[str], journal: Path, output: Path, *, token: str, after: int, note: Note
    ) -> None:
        self._command, self._output, self._note = list(command), output, note
        self._name = Path(command[0]).name  # its arguments may hold an address that is a secret
        self._environment = {**os.environ, TOKEN_VARIABLE: token, HOST_VARIABLE: host_mark()}
        self._follower, self._after = JournalFollower(journal), after
        self._waiting: deque[Event] = deque()
        self._over: float | None = None
        self._wake = threading.Event()
        self._hurry: Callable[[], bool] = lambda: False
        self.delivered = self.failed = self.passed_over = 0
        self._thread = threading.Thread(target=self._run, name="on-event", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def finish(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """The run has ended: deliver what is left, and the last event in any case. Takes DRAIN_SECONDS and one call at
        most; nothing more is delivered once `hurry` turns true."""
        self._hurry, self._over = hurry, time.monotonic()
        self._wake.set()
        self._thread.join()
        if self.failed or self.passed_over:
            log.warning(
                "--on-event (%s): %d events delivered, %d calls failed, %d events not delivered",
                self._name, self.delivered, self.failed, self.passed_over,
            )  # fmt: skip

    # ---- the thread

    def _run(self) -> None:
        while True:
            over = self._over is not None  # before looking, so that nothing recorded until then is missed
            self._take_new()
            if self._waiting:
                self._deliver(self._waiting.popleft())
            elif over:
                return
            else:
                self._wake.wait(POLL_SECONDS)

    def _take_new(self) -> None:
        try:
            self._waiting.extend(event for event in self._follower.poll() if event.seq > self._after)
        except OSError as error:
            log.warning("--on-event: the journal cannot be read: %s", error)
        keep = 1 if self._left_to_drain() <= 0 else MOST_BEHIND
        if self._hurry():
            keep = 0
        while len(self._waiting) > keep:
            self._waiting.popleft()
            self.passed_over += 1

    def _left_to_drain(self) -> float:
        return CALL_SECONDS if self._over is None else self._over + DRAIN_SECONDS - time.monotonic()

    def _deliver(self, event: Event) -> None:
        try:
            line = _line(event)
            with self._output.open("ab") as output:
                child = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=self._environment,
                    start_new_session=True,
                )  # fmt: skip
            problem = self._see_through(child, line)
        except OSError as error:
            problem = f"cannot be started: {error.strerror or error}"
        except Exception as error:  # one event must not silence those that follow
            log.exception("--on-event: event %d cannot be told", event.seq)
            problem = f"was not told of event {event.seq}: {type(error).__name__}: {error}"
        if problem is None:
            self.delivered += 1
        else:
            self._count_failure(problem)

    def _see_through(self, child: subprocess.Popen[bytes], line: bytes) -> str | None:
        """Hand the event over and wait for the command's end; what went wrong, or None."""
        began = time.monotonic()
        deadline = began + CALL_SECONDS
        given: bytes | None = line
        while (now := time.monotonic()) < deadline and not self._hurry():
            if self._waiting and self._left_to_drain() <= 0:
                break
            try:
                child.communicate(given, timeout=min(LOOK_AGAIN, deadline - now))
            except subprocess.TimeoutExpired:
                given = None
                continue
            return None if child.returncode == 0 else f"left with exit code {child.returncode}"
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel
            child.communicate(timeout=1.0)
        return f"had not ended after {time.monotonic() - began:.0f} s and was killed"

    def _count_failure(self, problem: str) -> None:
        self.failed += 1
        if self.failed > 1:
            return
        text = f"the --on-event command ({self._name}) {problem}; its output is in {self._output}"
        if self._over is None:
            self._note(f"{text}. Further failures are counted in host.log")
        else:
            log.warning("%s", text)


def _line(event: Event) -> bytes:
    """The event as JSON in UTF-8. A lone surrogate, which a file's name may hold, stays an escape."""
    text = json.dumps(event.to_record(), separators=(",", ":"), ensure_ascii=False, default=str) + "\n"
    return text.encode("utf-8", "backslashreplace")
