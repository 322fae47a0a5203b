"""A run in lines, where a terminal can draw no screen, and a host that never gets as far as being shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from on_terminal import on_terminal
from scripted_view import ENVIRONMENT, PLACE, RUN, ended, refused, running
from tests_environment import alone
from waiting import wait_for


def test_the_host_has_a_session_of_its_own_and_no_terminal(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--lines") as (terminal, host):
        assert os.getsid(host.pid) == host.pid != os.getsid(terminal.process.pid)
        if Path("/proc").is_dir():
            opened = [str(Path(f"/proc/{host.pid}/fd/{number}").readlink()) for number in (0, 1, 2)]
            assert opened == [os.devnull, *[str(tmp_path / "run" / "host.log")] * 2]


def test_ctrl_c_leaves_the_lines_of_a_run_that_was_begun_elsewhere(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--lines") as (_, host):
        attach = [sys.executable, "-m", "autotuner_tui", "attach", str(tmp_path / "run")]
        with on_terminal(attach, {**alone(tmp_path), "PYTHONPATH": PLACE}, subprocess.DEVNULL) as other:
            other.shows("Ctrl+C leaves this view")
            other.shows("exp 2 scored")
            other.press("\x03")
            assert other.ended() == 0
            assert f"the run goes on (process {host.pid})" in other.text
            assert "\x1b[" not in other.text, "no picture where no screen can be drawn"
        assert host.is_running() and ended(tmp_path / "run") is None


def test_in_lines_ctrl_c_stops_the_run_and_once_more_leaves_at_once_however_busy_its_host(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--lines", "--stuck") as (terminal, host):
        assert "Ctrl+C stops the run" in terminal.text
        host.suspend()  # both signals come before it looks
        wait_for(lambda: host.status() == psutil.STATUS_STOPPED)
        terminal.press("\x03")
        terminal.shows("once more to leave at once")
        terminal.press("\x03")
        terminal.shows("the run ends at once")
        host.resume()
        assert terminal.ended() == 130
        assert "resume" in terminal.text and "process engine-exp2-attempt1 (pid 4711)" in terminal.text
        assert not host.is_running()


def test_a_refusal_is_told_in_the_words_and_with_the_code_of_the_host(tmp_path: Path) -> None:
    told = refused(tmp_path / "run", "--refuse")
    assert told.returncode == 2
    assert "the lock is held by process 7" in told.stderr and "stop it first" in told.stderr


def test_a_host_that_dies_before_it_has_spoken_is_told_with_what_it_printed(tmp_path: Path) -> None:
    told = refused(tmp_path / "run", "--die")
    assert told.returncode == 1
    assert "ended before the run began (exit code 9)" in told.stderr and "| last words of the host" in told.stderr


def test_a_fault_of_the_host_is_told_with_the_place_of_its_traceback(tmp_path: Path) -> None:
    told = refused(tmp_path / "run", "--crash")
    assert told.returncode == 1 and "a bug in the host" in told.stderr and "Traceback" not in told.stderr
    details = told.stderr.split("the details are in ")[1].split(";")[0]
    assert Path(details).is_relative_to(tmp_path) and "a bug in the host" in Path(details).read_text()


def test_in_lines_a_run_that_ends_ends_its_view_with_the_ranking_and_the_runs_exit_code(tmp_path: Path) -> None:
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run"), "--lines"], ENVIRONMENT) as terminal:
        assert terminal.ended() == 0
        assert "2 scored" in terminal.text and "record:" in terminal.text
