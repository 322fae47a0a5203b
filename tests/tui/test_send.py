"""A script that steers a run says what it means, gets an answer in words, and can tell by the exit code."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from autotuner_core.steer.place import socket_path
from autotuner_core.steer.protocol import Answer, Command
from autotuner_core.steer.server import ControlSocket
from autotuner_tui.cli.main import main


class Host:
    """A run's host that does whatever it is asked, except to skip."""

    def __init__(self, root: Path, run_id: str) -> None:
        self.folder = RunFolder(root / "results" / "task" / run_id)
        self.folder.root.mkdir(parents=True)
        self.taken: list[tuple[str, Any]] = []
        self.lock = FileLock(self.folder.host_lock, run_id)
        self.lock.acquire()
        self.socket = ControlSocket(socket_path(self.folder))
        me, journal = self.lock.me, Journal(self.folder.journal)
        journal.record(ev.RunStarted(run_id=run_id, task={}, plan={}))
        socket = str(self.socket.path)
        journal.record(ev.HostStarted(pid=me.pid, host=me.host, started=me.started, token="t", socket=socket))
        record_run(self.folder)
        self.socket.serve(self.handle)

    def handle(self, command: Command) -> Answer:
        self.taken.append((command.command, dict(command.arguments)))
        ok = command.command != "skip"
        return Answer(ok, "as you wish" if ok else "it is over", command.id)

    def close(self) -> None:
        self.socket.close()
        self.lock.release()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with tempfile.TemporaryDirectory(prefix="at", dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        made = Host(tmp_path, "ab12")
        yield made
        made.close()


@pytest.mark.parametrize(
    ("words", "command", "arguments"),
    [
        (["ab12", "pause"], "pause", {}),
        (["pause"], "pause", {}),
        (["ab", "resume"], "resume", {}),
        (["rerun", "3", "4,5"], "rerun", {"experiments": [3, 4, 5]}),
        (["ab12", "rerun", "failed", "--first"], "rerun", {"failed": True, "first": True}),
        (["ab12", "stop", "--now"], "stop", {"now": True}),
        (
            ["ab12", "add", "tp=2", "frac=0.9", "policy=lpm", "flag=true", "empty=", "NaN=NaN"],
            "add",
            {"parameters": {"tp": 2, "frac": 0.9, "policy": "lpm", "flag": True, "empty": "", "NaN": "NaN"}},
        ),
    ],
)
def test_a_command_reaches_the_run_that_is_meant(
    host: Host, capsys: pytest.CaptureFixture[str], words: list[str], command: str, arguments: dict[str, Any]
) -> None:
    assert main(["send", *words]) == 0
    assert host.taken == [(command, arguments)]
    assert capsys.readouterr().out == "run ab12: as you wish\n"


def test_a_refusal_is_said_and_is_exit_code_1(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "ab12", "skip", "3"]) == 1
    assert capsys.readouterr().out == "run ab12: refused: it is over\n"
    assert main(["send", "ab12", "skip", "3", "--json", "--id", "x"]) == 1
    answer = {"run_id": "ab12", "id": "x", "ok": False, "message": "it is over"}
    assert json.loads(capsys.readouterr().out) == answer


def test_a_run_without_a_living_host_is_exit_code_1_with_the_way_on(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.lock.release()
    assert main(["send", "ab12", "pause"]) == 1
    assert "resume ab12" in capsys.readouterr().err
    assert main(["send", "ab12", "pause", "--json"]) == 1
    assert "resume ab12" in json.loads(capsys.readouterr().out)["message"]


def test_without_a_name_the_run_under_way_is_meant_and_of_several_none(
    host: Host, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = Host(tmp_path, "zz99")
    assert main(["send", "pause"]) == 2
    assert "ab12 (task), zz99 (task)" in capsys.readouterr().err
    newer.close()
    assert main(["send", "pause"]) == 0, "the older one is the only one under way"
    assert (host.taken, newer.taken) == ([("pause", {})], [])


def test_a_run_whose_folder_cannot_be_read_is_named_and_keeps_nobody_from_the_others(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that fails answers like a name that is too long: by an error, not by "there is none"."""
    record_run(RunFolder(Path("/tmp") / ("x" * 300) / "zz99"))
    assert main(["send", "pause"]) == 0
    assert "run zz99 in /tmp/xxx" in capsys.readouterr().err and host.taken == [("pause", {})]
    assert main(["runs"]) == 0
    said = capsys.readouterr().out
    assert "run zz99 in /tmp/xxx" in said and "cannot be read" in said and "ab12" in said


def test_another_results_folder_means_its_own_runs_alone(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "ab12", "pause", "--results-dir", "/nowhere"]) == 2
    assert main(["send", "ab12", "pause", "--results-dir", str(host.folder.results_dir)]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ab12"], "a command is missing"),
        (["", "stop"], "name is empty"),
        (["ab12", "pause", "--timeout", "0"], "--timeout"),
        (["ab12", "skip", "3-5"], "'3-5' is none"),
        (["ab12", "dance"], "'dance' is no command"),
        (["skip"], "numbers of experiments"),
        (["ab12", "skip", "failed"], "numbers of experiments"),
        (["ab12", "rerun", "-3"], "numbers of experiments"),
        (["ab12", "add"], "NAME=VALUE"),
        (["ab12", "add", "tp"], "NAME=VALUE"),
        (["ab12", "add", "tp=1", "tp=2"], "twice"),
        (["ab12", "pause", "3"], "takes nothing more"),
        (["ab12", "pause", "--first"], "--first"),
        (["ab12", "rerun", "1", "--now"], "--now"),
    ],
)
def test_what_makes_no_sense_is_said_and_sent_to_nobody(
    host: Host, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["send", *words]) == 2
    assert said in capsys.readouterr().err
    assert host.taken == []
