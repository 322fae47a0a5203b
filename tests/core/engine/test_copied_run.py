"""The folder of a run was copied: whoever resumes the copy does no harm to who measures by the other one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autotuner_core.deploy.orphans import end_left
from autotuner_core.deploy.strays import end_strays, find_strays
from autotuner_core.engine.held_run import HostOptions
from autotuner_core.engine.resume import NotResumable, resume_run
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import index_folder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from tests.core.engine.held import held
from waiting import wait_for

OTHER = """
import os, pathlib, sys, time
from autotuner_core.deploy.process import start_group
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.locks import FileLock
folder = RunFolder(pathlib.Path(sys.argv[1]))
FileLock(folder.host_lock, folder.run_id).acquire()
if sys.argv[3] == "measures":
    start_group(["setsid", "--fork", "sleep", "60"], env=os.environ, token=sys.argv[2])
print("up", flush=True)
time.sleep(60)
"""


class Copied:
    """A run whose host died, and a copy of its folder."""

    def __init__(self, place: Path) -> None:
        host = held(place / "results")
        self.folder, self.token = host.folder, host.run.token
        host.close()
        self.copy = RunFolder(place / "backup" / "held" / self.folder.run_id)
        shutil.copytree(self.folder.root, self.copy.root)

    def taken_in_hand(self, doing: str) -> subprocess.Popen[bytes]:
        """By another process, by the folder where it began."""
        argv = [sys.executable, "-c", OTHER, str(self.folder.root), self.token, doing]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        if doing == "measures":
            wait_for(self.sleepers, what="its engine")
        return process

    def sleepers(self) -> list[int]:
        return [stray.pid for stray in find_strays(self.token) if stray.command == "sleep 60"]

    def refused(self) -> str:
        """What is said to who resumes the copy; nothing may be recorded then."""
        before = {path: path.read_bytes() for path in self.copy.root.rglob("*")}
        with pytest.raises(NotResumable) as error:
            resume_run(self.copy, HostOptions())
        assert {path: path.read_bytes() for path in self.copy.root.rglob("*")} == before
        return str(error.value)


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Copied]:
    made = Copied(tmp_path)
    yield made
    end_strays(made.token, grace=0)


def test_a_copy_is_not_resumed_while_the_run_is_measured_by_its_other_folder(copied: Copied) -> None:
    with copied.taken_in_hand("measures") as other:
        try:
            engine = copied.sleepers()
            told = copied.refused()
            assert f"pid {other.pid} " in told and "sleep 60" in told and str(copied.folder.root) in told
            assert f"send {copied.folder.root} stop" in told
            assert copied.sleepers() == engine, "its engine was ended"
        finally:
            other.kill()


def test_nor_where_that_run_has_nothing_started_just_now(copied: Copied) -> None:
    with copied.taken_in_hand("waits") as other:
        try:
            assert f"pid {other.pid} " in (told := copied.refused()) and str(copied.folder.root) in told
        finally:
            other.kill()


def test_nor_where_only_what_that_run_started_tells_of_it(copied: Copied) -> None:
    shutil.rmtree(index_folder())
    with copied.taken_in_hand("measures") as other:
        try:
            told = copied.refused()
            assert f"pid {other.pid} " in told and "not in the list of runs" in told and "stop that process" in told
            assert copied.sleepers()
        finally:
            other.kill()


def test_what_a_dead_host_left_is_ended_by_whoever_goes_on_with_the_run(copied: Copied) -> None:
    with copied.taken_in_hand("measures") as other:
        other.kill()
    assert copied.sleepers()
    resume_run(copied.copy, HostOptions()).close()
    assert copied.sleepers() == []
    notes = [note for note in RunState.of(read_journal(copied.copy.journal)).notes if note.code == "stray"]
    assert any("sleep 60" in note.text and "was ended" in note.text for note in notes)


def test_a_process_of_which_nothing_is_known_is_left_alone_and_told(copied: Copied) -> None:
    """One of another container, say: nobody here can see whether its host lives."""
    for mark in ("another boot/pid:[1]|1|1.0|1.0", "torn", None):
        environment = {**os.environ, "AUTOTUNER_TOKEN": copied.token}
        environment |= {"AUTOTUNER_HOST": mark} if mark else {}
        subprocess.Popen(["setsid", "--fork", "sleep", "60"], env=environment).wait()
    wait_for(lambda: len(copied.sleepers()) == 3)
    assert end_left(copied.token) == []
    resume_run(copied.copy, HostOptions()).close()
    notes = [note.text for note in RunState.of(read_journal(copied.copy.journal)).notes if note.code == "stray"]
    assert len(copied.sleepers()) == len(notes) == 3 and all("left alone" in note for note in notes)
    assert all(psutil.pid_exists(pid) for pid in copied.sleepers())
