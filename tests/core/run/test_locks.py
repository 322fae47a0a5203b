"""Two processes never write one run, and nobody is locked out by the dead."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from autotuner_core.run import locks
from autotuner_core.run import turn as turns
from autotuner_core.run.events import RunNote
from autotuner_core.run.holders import STALE_SECONDS, holder_of
from autotuner_core.run.journal import Journal, JournalWriteError, read_journal
from autotuner_core.run.lock_guard import UNSEEN_SECONDS, LockGuard
from autotuner_core.run.locks import TOUCH_SECONDS, FileLock, LockHeld, LockLost


def write_lock(path: Path, *, host: str, pid: int, started: float, age: float = 0.0, **more: Any) -> None:
    path.write_text(json.dumps({"host": host, "pid": pid, "started": started, "run_id": "ab12", **more}))
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
    watched: list[float] = []
    FileLock(tmp_path / "lock", "ab12", sleep=watched.append).acquire(take_over=True)
    assert watched and min(watched) > TOUCH_SECONDS, "a holder whose clock is behind would have been robbed"


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


def test_a_lock_that_was_taken_before_ones_eyes_is_not_even_moved_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third one would find none in that moment, and take the run beside its holder."""
    quick, slow = FileLock(tmp_path / "lock", "ab12"), FileLock(tmp_path / "lock", "cd34")
    write_lock(quick.path, host=quick.me.host, pid=2**22 - 1, started=0.0)
    look, rename = locks.look, os.rename

    def looked(path: Path) -> tuple[bytes, float]:
        seen = look(path)
        monkeypatch.setattr(locks, "look", look)
        quick.acquire()
        return seen

    def moved(path: Path, aside: Path) -> None:
        assert holder_of(path) is None, "the lock of a live holder is moved away"
        rename(path, aside)

    monkeypatch.setattr(locks, "look", looked)
    monkeypatch.setattr(os, "rename", moved)
    with pytest.raises(LockHeld, match="run ab12"):
        slow.acquire()
    quick.check()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"], "something is left beside the lock"


def test_a_lock_that_is_given_back_before_ones_eyes_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = FileLock(tmp_path / "lock", "ab12"), FileLock(tmp_path / "lock", "cd34")
    old.acquire()
    look, looks = locks.look, []

    def looked(path: Path) -> tuple[bytes, float]:
        looks.append(path)
        assert len(looks) < 10, "it looks for ever"
        old.release()
        return look(path)

    monkeypatch.setattr(locks, "look", looked)
    new.acquire()
    new.check()


def test_a_lock_is_taken_over_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a last look and the taking there is no moment for another."""
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    first, second = FileLock(tmp_path / "lock", "ab12"), FileLock(tmp_path / "lock", "cd34")
    write_lock(first.path, host=first.me.host, pid=2**22 - 1, started=0.0)
    rename, refused = os.rename, []

    def moved(path: Path, aside: Path) -> None:
        monkeypatch.setattr(os, "rename", rename)
        with pytest.raises(LockHeld, match="another process is taking it over"):
            second.acquire()
        refused.append(second)
        rename(path, aside)

    monkeypatch.setattr(os, "rename", moved)
    first.acquire()
    first.check()
    assert refused


def test_where_there_are_no_turns_a_fresh_lock_that_was_moved_away_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    quick, slow = FileLock(tmp_path / "lock", "ab12"), FileLock(tmp_path / "lock", "cd34")
    write_lock(quick.path, host=quick.me.host, pid=2**22 - 1, started=0.0)
    rename = os.rename

    def moved(path: Path, aside: Path) -> None:
        monkeypatch.setattr(os, "rename", rename)
        quick.acquire()
        rename(path, aside)

    monkeypatch.setattr(os, "rename", moved)
    with pytest.raises(LockHeld, match="run ab12"):
        slow.acquire()
    quick.check()


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


def test_a_holder_whose_clock_is_behind_is_not_robbed_while_it_lives(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    write_lock(path, host="elsewhere", pid=1, started=0.0, age=3600)
    later = time.time() - 3590

    def holder_touches(seconds: float) -> None:
        os.utime(path, (later, later))

    with pytest.raises(LockHeld, match="it is alive"):
        FileLock(path, "ab12", sleep=holder_touches).acquire(take_over=True)


def test_a_clock_that_was_ahead_locks_nobody_out_for_ever(tmp_path: Path) -> None:
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0, age=-86400)
    assert holder_of(tmp_path / "lock") is None
    with pytest.raises(LockHeld, match=r"86400 s ahead of ours.*--take-over"):
        FileLock(tmp_path / "lock", "ab12").acquire()
    FileLock(tmp_path / "lock", "ab12", sleep=lambda seconds: None).acquire(take_over=True)


def test_a_container_of_the_same_host_name_is_another_machine(tmp_path: Path) -> None:
    """Its pids mean nothing here: ours of the same number being gone says nothing of its process."""
    me = FileLock(tmp_path / "x", "").me
    write_lock(tmp_path / "lock", host=me.host, pid=2**22 - 1, started=0.0, machine="boot/pid:[1]")
    with pytest.raises(LockHeld, match="alive 0 s ago"):
        FileLock(tmp_path / "lock", "ab12").acquire(take_over=True)


def test_after_a_reboot_the_lock_of_before_is_taken_without_a_question(tmp_path: Path) -> None:
    me = FileLock(tmp_path / "x", "").me
    before = time.time() - psutil.boot_time() + STALE_SECONDS
    write_lock(tmp_path / "lock", host=me.host, pid=1, started=0.0, age=before, machine="other boot/pid:[1]")
    FileLock(tmp_path / "lock", "ab12").acquire()


def test_a_clock_that_is_set_does_not_make_a_live_holder_look_dead(tmp_path: Path) -> None:
    """Start times counted from the epoch move with the clock."""
    me = FileLock(tmp_path / "x", "").me
    if me.born is None:
        pytest.skip("needs /proc")
    record = {"host": me.host, "pid": me.pid, "started": me.started - 3600, "born": me.born, "machine": me.machine}
    write_lock(tmp_path / "lock", **record)
    with pytest.raises(LockHeld, match="stop it first"):
        FileLock(tmp_path / "lock", "ab12").acquire(take_over=True)


def test_one_process_that_takes_a_lock_again_is_told_from_its_older_self(tmp_path: Path) -> None:
    old, new = FileLock(tmp_path / "lock", "ab12"), FileLock(tmp_path / "lock", "ab12")
    old.acquire()
    old.path.unlink()
    new.acquire()
    with pytest.raises(LockLost):
        old.touch()
    old.release()
    new.touch()


def test_a_host_that_slept_while_another_took_over_writes_nothing_more(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock", "ab12")
    lock.acquire()
    clock = [100.0]
    guard = LockGuard([lock], clock=lambda: clock[0])
    journal = Journal(tmp_path / "journal.jsonl", guard.check)
    journal.record(RunNote(text="before"))
    write_lock(tmp_path / "lock", host="elsewhere", pid=1, started=0.0)
    clock[0] += UNSEEN_SECONDS + 1
    for _ in range(2):
        with pytest.raises(JournalWriteError, match="taken over by process 1 on elsewhere"):
            journal.record(RunNote(text="after"))
    assert len(read_journal(journal.path)) == 1


def test_a_killed_process_leaves_no_half_written_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty lock names nobody, and would keep everybody out."""
    lock = FileLock(tmp_path / "lock", "ab12")

    def killed(descriptor: int) -> None:
        assert not lock.path.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    assert not lock.path.exists()
