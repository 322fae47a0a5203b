"""The host's end of the control socket: takes one command per connection, and looks after its own place.

Nothing that comes in can hold a run up: a line has a longest length and a deadline, so many connections are served at
once and no more, and so many commands are carried out in a second and no more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from autotuner_core.steer.peer import peer_uid
from autotuner_core.steer.place import make_socket_folder
from autotuner_core.steer.protocol import LONGEST_LINE, Answer, Command, ProtocolError, command_of

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 32
LINE_SECONDS = 5.0
"""How long a sender may take for its line; one that stops in the middle of it is cut off."""

BUSY_SECONDS = 0.1
"""The same for one that cannot be served: it is answered by the thread that everybody waits for."""

MOST_COMMANDS, IN_SECONDS = 50, 1.0
"""Far more than a person or a script can mean; each is written to the journal, which a flood must not fill."""

LOOK_AFTER_SECONDS = 1.0

Handler = Callable[[Command], Answer]


class ControlSocket:
    """Listens from its constructor on (raises OSError where it cannot), answers from `serve` on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._closed = threading.Event()
        self._recent: deque[float] = deque(maxlen=MOST_COMMANDS)
        self._turn = threading.Lock()
        self._place = threading.Lock()  # what is closed must not be bound anew
        self._socket = self._bind(path)

    def serve(self, handle: Handler) -> None:
        """Begin to answer, in a thread of its own. `handle` is called by one thread at a time; it must be quick."""
        threading.Thread(target=self._accept_for_ever, args=(handle,), name="control-socket", daemon=True).start()

    def close(self) -> None:
        """Listen no more; the path is free afterwards. Safe to call twice."""
        with self._place:
            if self._closed.is_set():
                return
            self._closed.set()
            if self._is_ours():
                self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # wakes the thread that accepts
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    # ---- the place

    def _bind(self, path: Path) -> socket.socket:
        make_socket_folder()
        path.unlink(missing_ok=True)  # a dead host's: the run's lock is ours
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(path))
            path.chmod(0o600)
            listening.listen(MOST_CONNECTIONS)
            listening.settimeout(LOOK_AFTER_SECONDS)
            found = path.stat()
        except BaseException:
            listening.close()
            raise
        self._identity = (found.st_dev, found.st_ino)
        return listening

    def _is_ours(self) -> bool:
        try:
            found = os.lstat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _look_after(self) -> None:
        """Cleaners of the temporary folder remove what lies there for days: bind anew."""
        with self._place:
            if self._closed.is_set() or self._is_ours():
                return
            try:
                fresh = self._bind(self.path)
            except OSError as error:
                log.warning("the control socket %s is gone and cannot be bound anew: %s", self.path, error)
                return
            old, self._socket = self._socket, fresh
            old.close()
        log.info("the control socket %s was removed: bound anew", self.path)

    # ---- connections

    def _accept_for_ever(self, handle: Handler) -> None:
        while not self._closed.is_set():
            self._look_after()
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if not self._closed.wait(LOOK_AFTER_SECONDS):  # no descriptor is free, say
                    log.warning("the control socket: %s", error)
                continue
            if not self._places.acquire(blocking=False):
                busy = Answer(False, f"{MOST_CONNECTIONS} commands are being taken at once: try again")
                _say(connection, busy, patience=BUSY_SECONDS)
                continue
            try:
                threading.Thread(target=self._serve_one, args=(connection, handle), name="command", daemon=True).start()
            except RuntimeError as error:  # the machine gives no more threads
                self._places.release()
                _say(connection, Answer(False, f"the host cannot serve it now: {error}"), patience=BUSY_SECONDS)

    def _serve_one(self, connection: socket.socket, handle: Handler) -> None:
        try:
            _say(connection, self._answer(connection, handle))
        finally:
            self._places.release()

    def _answer(self, connection: socket.socket, handle: Handler) -> Answer:
        identity = ""
        try:
            if peer_uid(connection) != os.getuid():
                return Answer(False, "only the user who owns the run may steer it")
            command = command_of(_read_line(connection))
            identity = command.id
            with self._turn:
                return self._allowed() or handle(command)
        except ProtocolError as error:
            return Answer(False, f"not understood: {error}", identity)
        except OSError as error:
            return Answer(False, f"the command did not come whole: {error}", identity)
        except Exception as error:
            log.exception("a command broke")
            return Answer(
                False, f"a fault of the tuner: {type(error).__name__}: {error} (details in host.log)", identity
            )

    def _allowed(self) -> Answer | None:
        now = time.monotonic()
        if len(self._recent) == MOST_COMMANDS and now - self._recent[0] < IN_SECONDS:
            return Answer(False, f"more than {MOST_COMMANDS} commands in a second: slow down")
        self._recent.append(now)
        return None


def _read_line(connection: socket.socket) -> bytes:
    """One line; what comes behind it makes it no command. Raises ProtocolError where it is too long or torn, OSError
    where it does not come in time."""
    deadline, line = time.monotonic() + LINE_SECONDS, b""
    while b"\n" not in line:
        if (left := deadline - time.monotonic()) <= 0:
            raise TimeoutError("it took too long")
        connection.settimeout(left)
        part = connection.recv(4096)
        line += part
        if len(line) > LONGEST_LINE:
            raise ProtocolError(f"longer than {LONGEST_LINE} bytes")
        if not part:
            raise ProtocolError("the line was not ended")
    return line


def _say(connection: socket.socket, answer: Answer, patience: float = LINE_SECONDS) -> None:
    """Answer and hang up. A sender that is gone already, or does not read, gets none."""
    deadline, swallowed = time.monotonic() + patience, 0
    with connection, contextlib.suppress(OSError):
        connection.settimeout(patience)
        connection.sendall(answer.line())
        connection.shutdown(socket.SHUT_WR)
        # A connection closed with bytes unread is reset, and the answer lost with it.
        while swallowed < 16 * LONGEST_LINE and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            swallowed += len(part := connection.recv(LONGEST_LINE))
            if not part:
                return
