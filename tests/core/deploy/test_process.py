from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autotuner_core.deploy.process import start_group
from autotuner_core.deploy.strays import end_strays, find_strays
from autotuner_core.run.processes import same_process
from waiting import wait_for

from .conftest import alive

ENVIRONMENT = dict(os.environ)

# Starts a worker in its group and one in a session of its own, says their pids, and does not obey SIGTERM if stubborn.
FAMILY = """
import signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
escaped = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(worker.pid, escaped.pid, flush=True)
time.sleep(600)
"""

# A host that starts a group and then waits to be killed.
HOST = r"""
import os, sys, time
from pathlib import Path
from autotuner_core.deploy.process import start_group
group = start_group([sys.executable, "-c", sys.argv[1], "stubborn"], env=dict(os.environ), log=Path(sys.argv[2]),
                    token=sys.argv[3])
other = start_group(["sleep", "600"], env=dict(os.environ), token=sys.argv[3])
print(group.pid, other.pid, flush=True)
if sys.argv[4] == "stopping":
    while not Path(sys.argv[2]).read_text().endswith("\n"):
        time.sleep(0.01)
    group.stop(grace=600)
time.sleep(600)
"""


def family_of(log: Path) -> list[int]:
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    return [int(word) for word in log.read_text().split() if word != "asked"]


@pytest.mark.parametrize("moment", ["running", "stopping"])
def test_a_killed_tuner_leaves_an_engine_that_holds_its_gpu(moment: str, tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    host = subprocess.Popen([sys.executable, "-c", HOST, FAMILY, str(log), token, moment], stdout=subprocess.PIPE)
    assert host.stdout is not None
    pids = [int(word) for word in host.stdout.readline().split()]
    worker, escaped = family_of(log)
    pids.append(worker)
    if moment == "stopping":
        wait_for(lambda: log.read_text().endswith("asked\n"))
    assert alive(pids[0])

    host.kill()
    host.wait()

    wait_for(lambda: not any(alive(pid) for pid in pids))
    assert [stray.pid for stray in find_strays(token)] == [escaped]  # its own session: the token finds it
    assert end_strays(token, grace=0.2) == []
    assert not alive(escaped)


@pytest.mark.parametrize("now", [True, False])
def test_workers_of_an_engine_stay_after_its_stop(now: bool, tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    group = start_group([sys.executable, "-c", FAMILY], env=ENVIRONMENT, log=log, token=token)
    workers = family_of(log)

    group.stop(now=now)

    assert not any(alive(pid) for pid in (group.pid, *workers))
    assert find_strays(token) == []
    assert group.exit_code == -(signal.SIGKILL if now else signal.SIGTERM)
    group.stop()


def test_an_engine_that_ignores_sigterm_is_never_ended(tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    group = start_group([sys.executable, "-c", FAMILY, "stubborn"], env=ENVIRONMENT, log=log, token=token)
    family_of(log)
    group.stop(grace=0.2)
    assert group.exit_code == -signal.SIGKILL
    assert find_strays(token) == []


def test_a_second_stop_at_once_waits_for_the_first_one(tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    group = start_group([sys.executable, "-c", FAMILY, "stubborn"], env=ENVIRONMENT, log=log, token=token)
    family_of(log)
    graceful = threading.Thread(target=group.stop, kwargs={"grace": 600})
    graceful.start()
    group.stop(now=True)
    graceful.join(15)
    assert not graceful.is_alive()
    assert find_strays(token) == []


def test_an_exit_goes_unnoticed_or_its_code_is_lost(token: str) -> None:
    codes: list[int] = []
    group = start_group(["sh", "-c", "exit 7"], env=ENVIRONMENT, token=token, on_exit=codes.append)
    assert group.wait(15)
    wait_for(lambda: codes == [7])
    assert group.poll() == 7
    group.stop()
    assert find_strays(token) == []


def test_workers_of_a_crashed_engine_stay(tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    group = start_group([sys.executable, "-c", FAMILY], env=ENVIRONMENT, log=log, token=token)
    workers = family_of(log)
    os.kill(group.pid, signal.SIGKILL)
    assert group.wait(15)
    assert all(alive(pid) for pid in workers)
    group.stop()
    assert not any(alive(pid) for pid in workers)


def test_output_and_exit_of_an_engine_are_not_in_its_log(tmp_path: Path, token: str) -> None:
    log = tmp_path / "engine.log"
    log.write_text("before\n")
    script = "pwd; echo out; echo err >&2; cat; echo $AUTOTUNER_TOKEN; echo $MINE"
    group = start_group(["sh", "-c", script], env={**ENVIRONMENT, "MINE": "yes"}, cwd=tmp_path, log=log, token=token)
    assert group.wait(15)
    assert log.read_text().split("\n") == ["before", str(tmp_path), "out", "err", token, "yes", ""]
    group.stop()


def test_a_process_that_talks_by_pipes_hears_nothing_or_its_end_is_not_seen(tmp_path: Path, token: str) -> None:
    log = tmp_path / "log"
    group = start_group(
        ["sh", "-c", "read line; echo got $line; echo err >&2"],
        env=ENVIRONMENT, log=log, token=token, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert group.stdin is not None and group.stdout is not None
    group.stdin.write(b"this\n")
    group.stdin.close()
    assert group.stdout.read() == b"got this\n"  # ends although the watchdog lives
    assert group.wait(15)
    assert log.read_text() == "err\n"
    group.stop()


def test_a_program_that_is_not_there_looks_like_an_engine_that_crashed(tmp_path: Path, token: str) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-engine"):
        start_group(["no-such-engine"], env=ENVIRONMENT, token=token)
    before = set(os.listdir("/dev/fd"))
    with pytest.raises(OSError):
        start_group(["sh"], env=ENVIRONMENT, cwd=tmp_path / "nowhere", token=token)
    assert set(os.listdir("/dev/fd")) == before  # no descriptor leaks


def test_a_sibling_keeps_the_pipe_open_and_the_watchdog_waits_for_ever(token: str) -> None:
    first = start_group(["sleep", "600"], env=ENVIRONMENT, token=token)
    second = start_group(["sleep", "600"], env=ENVIRONMENT, token=token)
    third = subprocess.Popen(["sleep", "600"], env=ENVIRONMENT)
    assert first._pipe is not None
    os.close(first._pipe)
    first._pipe = None
    try:
        assert first.wait(15)
        assert second.poll() is None
    finally:
        third.kill()
        third.wait()
        first.stop()
        second.stop()


def test_another_process_with_a_reused_pid_is_ended(token: str) -> None:
    group = start_group(["sleep", "600"], env=ENVIRONMENT, token=token)
    assert same_process(group.pid, group.started)
    assert not same_process(group.pid, group.started - 60)
    group.stop()
    assert not same_process(group.pid, group.started)


def test_processes_of_another_run_are_ended(token: str) -> None:
    group = start_group(["sleep", "600"], env=ENVIRONMENT, token=token + "0")
    assert end_strays(token, grace=0) == []
    assert group.poll() is None
    group.stop()
