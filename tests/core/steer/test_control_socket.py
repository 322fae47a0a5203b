"""The control socket: whoever may steer is answered at once, nobody else may, and nothing that comes in does harm."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from autotuner_core.steer import server
from autotuner_core.steer.client import NoHost, ask
from autotuner_core.steer.place import check_safe, socket_folder, socket_path
from autotuner_core.steer.protocol import LONGEST_LINE, Answer, Command, answer_of
from autotuner_core.steer.server import ControlSocket
from waiting import wait_for


@pytest.fixture(autouse=True)
def short_place(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A temporary folder whose name is short enough for a socket, and shared with no other run."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="at", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


class Host:
    """A run's host as far as a command sees it: lock, journal, socket."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root / "results" / "task" / "ab12")
        self.folder.root.mkdir(parents=True)
        self.taken: list[Command] = []
        self.lock = FileLock(self.folder.host_lock, "ab12")
        self.lock.acquire()
        self.socket = ControlSocket(socket_path(self.folder))
        me, journal = self.lock.me, Journal(self.folder.journal)
        journal.record(ev.RunStarted(run_id="ab12", task={}, plan={}))
        journal.record(
            ev.HostStarted(pid=me.pid, host=me.host, started=me.started, token="t", socket=str(self.socket.path))
        )
        self.socket.serve(self.handle)

    def handle(self, command: Command) -> Answer:
        self.taken.append(command)
        return Answer(True, "as you wish", command.id)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.socket.close()
    made.lock.release()


def connected(host: Host) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(30)
    line.connect(str(host.socket.path))
    return line


def answer_on(line: socket.socket) -> Answer:
    with line, line.makefile("rb") as file:
        return answer_of(file.readline())


def test_a_command_reaches_the_host_with_its_arguments_and_is_answered(host: Host) -> None:
    answer = ask(host.folder, "skip", {"experiments": [3]}, command_id="mine")
    assert (answer.ok, answer.message, answer.id) == (True, "as you wish", "mine")
    assert (host.taken[0].command, host.taken[0].arguments) == ("skip", {"experiments": [3]})


WRONG = [
    (b"hello\n", "not a JSON object"),
    (b"[1]\n", "not a JSON object"),
    (b'{"v": 99, "id": "x", "command": "pause"}\n', '"v" is 99'),
    (b'{"v": 1, "id": "x"}\n', '"command" is missing'),
    (b'{"v": 1, "id": 3, "command": "pause"}\n', '"id"'),
    (b'{"v": 1, "id": "x", "command": "pause", "arguments": [1]}\n', '"arguments"'),
    (b"[" * 50_000 + b"\n", "not a JSON object"),
    (b"x" * (LONGEST_LINE + 10), "longer than"),
    (b'{"v": 1, "id": "x", "command": "add", "arguments": {"a": NaN}}\n', "nan is no number"),
    (b'{"v": 1, "id": "x", "command": "add", "arguments": {"a": 1e999}}\n', "inf is no number"),
    (b'{"v": 1, "id": "x", "command": "add", "arguments": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}\n", "levels deep"),
    (b"\xff\xfe\n", "not a JSON object"),
    (Command("pause", id="x").line() * 2, "not a JSON object"),
]


@pytest.mark.parametrize(("sent", "words"), WRONG)
def test_what_is_no_command_is_answered_in_words_and_the_next_one_is_taken(host: Host, sent: bytes, words: str) -> None:
    line = connected(host)
    line.sendall(sent)
    answer = answer_on(line)
    assert not answer.ok and words in answer.message
    assert host.taken == []
    assert ask(host.folder, "pause").ok


def test_a_half_written_command_does_nothing_and_holds_nobody_up(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINE_SECONDS", 600.0)  # however slow this machine is
    half = [connected(host) for _ in range(5)]
    for line in half:
        line.sendall(b'{"v": 1, "id": "x", "comm')
    assert ask(host.folder, "pause").ok
    half[0].shutdown(socket.SHUT_WR)
    assert "not ended" in answer_on(half[0]).message
    assert [command.command for command in host.taken] == ["pause"]
    for line in half:
        line.close()


def test_many_connections_that_say_nothing_are_bounded_and_a_command_comes_through_after_them(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LINE_SECONDS", 600.0)  # however slow this machine is
    mute = [connected(host) for _ in range(server.MOST_CONNECTIONS)]
    wait_for(lambda: sum(thread.name == "command" for thread in threading.enumerate()) == len(mute))
    refused = ask(host.folder, "pause")
    assert not refused.ok and "try again" in refused.message
    for line in mute:
        line.close()
    wait_for(lambda: ask(host.folder, "pause").ok, what="a place among the connections")


def test_half_a_command_is_given_up_after_a_while(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINE_SECONDS", 0.1)
    line = connected(host)
    line.sendall(b'{"v": 1, "id": "x", "comm')
    assert "did not come whole" in answer_on(line).message
    wait_for(lambda: not any(thread.name == "command" for thread in threading.enumerate()), what="its place to be free")


def test_a_command_that_trickles_in_is_given_up_too(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LINE_SECONDS", 0.1)
    line, answered = connected(host), threading.Event()

    def trickle() -> None:
        with contextlib.suppress(OSError):
            while not answered.wait(0.002):
                line.send(b" ")

    sender = threading.Thread(target=trickle, daemon=True)
    sender.start()
    try:
        with line.makefile("rb") as file:
            assert "did not come whole" in answer_of(file.readline()).message
    finally:
        answered.set()
        sender.join()
        line.close()


def test_a_flood_of_commands_is_slowed_down_before_it_fills_the_journal(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IN_SECONDS", 3600.0)  # however slow this machine is
    answers = [ask(host.folder, "pause") for _ in range(server.MOST_COMMANDS + 10)]
    assert [answer.ok for answer in answers] == [True] * server.MOST_COMMANDS + [False] * 10
    assert all("slow down" in answer.message for answer in answers if not answer.ok)
    assert len(host.taken) == server.MOST_COMMANDS
    monkeypatch.setattr(server, "IN_SECONDS", 0.0)
    assert ask(host.folder, "pause").ok, "who slowed down is heard again"


def test_a_host_that_has_closed_its_socket_does_not_bind_it_anew(host: Host) -> None:
    """Its thread may be about to look after it: a socket that nobody answers would stay."""
    host.socket.close()
    host.socket._look_after()
    assert not host.socket.path.exists()


def test_a_host_does_not_listen_in_a_place_that_others_can_write_to(host: Host) -> None:
    socket_folder().chmod(0o777)
    with pytest.raises(OSError, match="open to others"):
        ControlSocket(host.socket.path.with_name("another"))
    assert not host.socket.path.with_name("another").exists()


def test_a_removed_socket_is_bound_anew(host: Host) -> None:
    host.socket.path.unlink()
    wait_for(host.socket.path.exists)
    assert ask(host.folder, "pause").ok
    host.socket.path.unlink()
    socket_folder().rmdir()
    wait_for(host.socket.path.exists, what="folder and socket")
    assert ask(host.folder, "pause").ok


def test_the_place_is_the_users_alone(host: Host) -> None:
    assert socket_folder().stat().st_mode & 0o777 == 0o700
    assert host.socket.path.stat().st_mode & 0o777 == 0o600
    assert len(os.fsencode(host.socket.path)) < 100


def test_a_place_that_others_can_write_to_is_not_trusted(host: Host) -> None:
    socket_folder().chmod(0o777)
    with pytest.raises(NoHost, match="open to others"):
        ask(host.folder, "pause")
    with pytest.raises(OSError, match="open to others"):
        check_safe(socket_folder())
    assert host.taken == []


STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
line = socket.socket(socket.AF_UNIX); line.settimeout(30)
try:
    line.connect(sys.argv[1])
except PermissionError:
    sys.exit("may not connect")
line.sendall(b'{"v": 1, "id": "x", "command": "stop"}\\n')
sys.stdout.write(line.makefile().readline())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: only root can become another user (run the tests as root)")
def test_another_user_may_not_steer_even_where_the_place_stands_open(host: Host) -> None:
    command = [sys.executable, "-c", STRANGER, str(host.socket.path)]
    shut = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "may not connect" in shut.stderr
    for folder in (socket_folder().parent, socket_folder()):
        folder.chmod(0o755)
    host.socket.path.chmod(0o666)
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert json.loads(told.stdout)["ok"] is False and "only the user who owns the run" in told.stdout, told.stderr
    assert host.taken == []


def test_a_fault_in_a_command_is_answered_and_the_next_one_is_taken(host: Host) -> None:
    def broken(command: Command) -> Answer:
        if command.command == "break":
            raise RuntimeError("a bug")
        return Answer(True, "fine", command.id)

    host.socket.close()
    host.socket = ControlSocket(host.socket.path)
    host.socket.serve(broken)
    assert "a bug" in ask(host.folder, "break").message
    assert ask(host.folder, "pause").ok


def test_without_a_host_it_is_said_what_can_be_done(host: Host) -> None:
    host.lock.release()
    with pytest.raises(NoHost, match="resume ab12"):
        ask(host.folder, "pause")


def test_a_run_on_another_machine_is_steered_there_and_its_host_is_named(host: Host) -> None:
    record = json.loads(host.folder.host_lock.read_text())
    host.folder.host_lock.write_text(json.dumps({**record, "host": "gpu-node-7", "machine": "another"}))
    with pytest.raises(NoHost, match="gpu-node-7: steer it there"):
        ask(host.folder, "pause")
    host.folder.host_lock.write_text(json.dumps(record))


def test_a_socket_that_nobody_answers_is_told_as_such(host: Host) -> None:
    host.socket.close()
    with pytest.raises(NoHost, match="does not answer"):
        ask(host.folder, "pause")
