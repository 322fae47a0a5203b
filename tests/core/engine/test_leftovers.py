"""What killed runs left behind is found and removed; what is alive, or may be, is not touched."""

from __future__ import annotations

import io
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.deploy.orphans import Orphan, find_orphans
from autotuner_core.deploy.strays import end_strays, find_strays
from autotuner_core.engine.leftovers import Leftover, find_leftovers
from autotuner_core.run.events import HostStarted
from autotuner_core.run.folder import ALPHABET, RUN_ID_LENGTH, RunFolder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from autotuner_core.steer.place import make_socket_folder, socket_path
from autotuner_tui.cli.main import main
from waiting import wait_for

RUN_ID = "".join(secrets.choice(ALPHABET) for _ in range(RUN_ID_LENGTH))  # others may run these tests on this machine

HOST = """
import os, pathlib, sys, time
from autotuner_core.deploy.process import start_group
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.locks import FileLock
folder = RunFolder(pathlib.Path(sys.argv[1]))
for path in (folder.host_lock, folder.task_lock):
    FileLock(path, folder.run_id).acquire()
argv = ["sh", "-c", "setsid sleep 120 & wait"]
start_group(argv, env=os.environ, token=sys.argv[2])
print("up", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def own_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder for sockets that nobody else uses, with a name that is short enough wherever temporary folders lie."""
    with tempfile.TemporaryDirectory(prefix="at") as short:
        monkeypatch.setenv("TMPDIR", short)
        monkeypatch.setattr("tempfile.tempdir", None)
        yield


@pytest.fixture
def run(tmp_path: Path, own_sockets: None) -> RunFolder:
    """A run that was begun, as far as its folder tells."""
    folder = RunFolder(tmp_path / "results" / "left" / RUN_ID)
    folder.root.mkdir(parents=True)
    Journal(folder.journal).record(HostStarted(pid=1, host="h", started=1.0, token="t"))
    record_run(folder)
    return folder


@pytest.fixture
def host(run: RunFolder) -> Iterator[subprocess.Popen[bytes]]:
    """A live host of that run, with a child that has left its group."""
    token = f"{run.run_id}-{secrets.token_hex(8)}"
    with subprocess.Popen([sys.executable, "-c", HOST, str(run.root), token], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            wait_for(lambda: "sleep 120" in [stray.command for stray in find_strays(token)], what="the child")
            yield process
        finally:
            process.kill()
            process.wait()
            end_strays(token, grace=0)


def left_of(run: RunFolder) -> list[Leftover]:
    found = find_leftovers([run], [run.results_dir], None)
    return [left for left in found if left.kind != "process" or left.run_id == run.run_id]


def find_orphans_of(run: RunFolder) -> list[Orphan]:
    return [orphan for orphan in find_orphans() if orphan.run_id == run.run_id]


def test_what_a_killed_host_left_is_found_and_removed_and_nothing_of_a_live_one(
    run: RunFolder, host: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert left_of(run) == [] and find_orphans_of(run) == []
    host.kill()
    host.wait()
    (run.root / ".results.json.1-2.part").write_text("half")
    wait_for(lambda: len(find_orphans_of(run)) == 1, what="the watchdog to end what it can reach")
    found = [(left.kind, left.run_id) for left in left_of(run)]
    assert found == [(kind, RUN_ID) for kind in ("process", "lock", "lock", "file")]
    assert all(left.since is not None and abs(time.time() - left.since) < 3600 for left in left_of(run))
    words = ["clean", RUN_ID, "--json", "--results-dir", str(run.results_dir)]
    assert main(words) == 2, "nobody is there to ask"
    assert main([*words, "--dry-run"]) == 0
    assert len(left_of(run)) == 4
    capsys.readouterr()
    assert main([*words, "--yes"]) == 0
    outcomes = [row["outcome"] for row in json.loads(capsys.readouterr().out)["leftovers"]]
    assert outcomes == ["removed"] * 4
    assert left_of(run) == [] and run.journal.exists()
    assert main(["clean", RUN_ID]) == 0
    assert "nothing is left behind" in capsys.readouterr().out


def test_another_run_is_not_looked_at_where_one_is_named(run: RunFolder, host: subprocess.Popen[bytes]) -> None:
    host.kill()
    host.wait()
    other = RunFolder(run.root.with_name("zz99"))
    assert {left.kind for left in find_leftovers([run, other], [run.results_dir], other)} == {"lock"}, "the task's"


def test_the_lock_of_a_task_is_told_for_every_run_of_it(run: RunFolder, host: subprocess.Popen[bytes]) -> None:
    host.kill()
    host.wait()
    found = find_leftovers([RunFolder(run.root.with_name("aa99")), run], [], None)
    locks = [(left.run_id, left.name) for left in found if left.kind == "lock"]
    assert sorted(locks) == sorted((RUN_ID, str(path)) for path in (run.host_lock, run.task_lock))


def test_a_lock_that_another_machine_may_hold_is_left_alone(run: RunFolder) -> None:
    record = {"host": "elsewhere", "pid": 1, "started": 0.0, "run_id": RUN_ID}
    run.host_lock.write_text(json.dumps(record))
    (run.root / ".results.json.1-2.part").write_text("half")
    for age in (0, 3600, -3600):
        os.utime(run.host_lock, (time.time() - age, time.time() - age))
        assert left_of(run) == []


def test_a_folder_whose_run_never_began_is_removed_and_no_other(run: RunFolder) -> None:
    empty, foreign, fresh = (run.root.with_name(name) for name in ("cd34", "ef56", "gh78"))
    for folder in (empty, foreign, fresh):
        folder.mkdir()
        (folder / "task.json").write_text("{}")
    (foreign / "notes.txt").write_text("mine")
    for folder in (empty, foreign):
        os.utime(folder, (1e9, 1e9))
    assert [(left.kind, left.name) for left in left_of(run)] == [("folder", str(empty))]
    left_of(run)[0].remove()
    assert not empty.exists() and foreign.exists() and fresh.exists()


def test_a_socket_that_nobody_listens_on_is_removed_and_a_live_one_is_not(run: RunFolder) -> None:
    make_socket_folder()
    dead, live = socket_path(run), socket_path(RunFolder(run.root.with_name("zz99")))
    with socket.socket(socket.AF_UNIX) as gone, socket.socket(socket.AF_UNIX) as listening:
        gone.bind(str(dead))
        listening.bind(str(live))
        listening.listen()
        gone.close()
        (found,) = left_of(run)
        assert (found.kind, found.name) == ("socket", str(dead))
        found.remove()
        assert not dead.exists() and live.exists()


def test_a_lock_that_is_taken_again_meanwhile_is_not_removed(run: RunFolder) -> None:
    FileLock(run.host_lock, RUN_ID).acquire()
    record = json.loads(run.host_lock.read_text())
    run.host_lock.write_text(json.dumps({**record, "started": 0.0, "born": 1.0}))
    (stale,) = left_of(run)
    run.host_lock.write_text(json.dumps(record))
    with pytest.raises(OSError, match="is held by"):
        stale.remove()
    assert run.host_lock.exists()


def test_nothing_is_removed_where_a_person_says_no(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    half = run.root / ".results.json.1-2.part"
    half.write_text("half")
    for word, is_there in (("n\n", True), ("\n", True), ("y\n", False)):
        terminal = io.StringIO(word)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        assert main(["clean", RUN_ID]) == 0
        assert half.exists() is is_there
    said = capsys.readouterr().out
    assert str(half) in said and "  file: half-written when its run died" in said and " s ago" in said
