"""Two processes never write one run, and nobody is locked out by the dead."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autotuner_core.run.locks import STALE_SECONDS, FileLock, LockHeld, holder_of


def write_lock(path: Path, *, host: str, pid: int, started: float, age: float = 0.0) -> None:
    path.write_text(json.dumps({"host": host, "pid": pid, "started": started, "run_id": "ab12"}))
    os.utime(path, (time.time() - age, time.time() - age))


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", "ab12")
    lock.acquire()
    with pytest.raises(LockHeld, match=rf"process {os.getpid()} on .* \(run ab12\)"):
        FileLock(tmp_path / "lock", "cd34").acquire()
    lock.release()
    FileLock(tmp_path / "lock", "cd34").acquire()


def test_a_lock_of_a_dead_process_on_this_host_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import pathlib, sys\n"
        "from autotuner_core.run.locks import FileLock\n"
        "FileLock(pathlib.Path(sys.argv[1]), 'x').acquire()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert path.exists()
    FileLock(path, "ab12").acquire()


def test_a_pid_that_is_used_again_does_not_hold_the_lock(tmp_path: Path) -> None:
    me = FileLock(tmp_path / "x", "").me
    write_lock(tmp_path / "lock", host=me.host, pid=me.pid, started=me.started - 5000)
    FileLock(tmp_path / "lock", "ab12").acquire()


def test_a_lock_of_another_host_holds_while_it_is_touched(tmp_path: Path) -> None:
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0)
    with pytest.raises(LockHeld, match="elsewhere"):
        FileLock(tmp_path / "lock", "ab12").acquire(take_over=True)


def test_an_abandoned_lock_of_another_host_goes_only_to_who_asks_for_it(tmp_path: Path) -> None:
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0, age=STALE_SECONDS + 30)
    with pytest.raises(LockHeld, match="--take-over"):
        FileLock(tmp_path / "lock", "ab12").acquire()
    FileLock(tmp_path / "lock", "ab12").acquire(take_over=True)


def test_giving_back_never_removes_somebody_elses_lock(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", "ab12")
    lock.acquire()
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0)
    lock.release()
    assert (tmp_path / "lock").exists()


def test_of_many_processes_that_find_a_stale_lock_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    write_lock(path, host=FileLock(path, "").me.host, pid=2**22 - 1, started=0.0)
    code = (
        "import pathlib, sys\n"
        "from autotuner_core.run.locks import FileLock, LockHeld\n"
        "lock = FileLock(pathlib.Path(sys.argv[1]), 'x')\n"
        "sys.stdin.readline()\n"
        "try:\n    lock.acquire(); print('got', flush=True)\n"
        "except LockHeld:\n    print('refused', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=-1, stdout=-1, text=True) for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [racer.stdout.readline().strip() for racer in racers if racer.stdout]
    for racer in racers:
        racer.communicate("end\n", timeout=30)
    assert sorted(answers) == ["got"] + ["refused"] * 5


def test_a_holder_that_slept_while_another_took_over_does_not_go_on(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", "ab12")
    lock.acquire()
    lock.touch()
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0)
    with pytest.raises(OSError, match="taken over by process 1 on elsewhere"):
        lock.touch()


def test_a_lock_that_could_not_be_written_locks_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            FileLock(tmp_path / "lock", "ab12").acquire()
    FileLock(tmp_path / "lock", "cd34").acquire()


def test_who_holds_a_lock_is_told_and_the_dead_hold_nothing(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", "ab12")
    assert holder_of(lock.path) is None
    lock.acquire()
    assert holder_of(lock.path) == lock.me
    write_lock(lock.path, host=lock.me.host, pid=lock.me.pid, started=lock.me.started - 5000)
    assert holder_of(lock.path) is None
