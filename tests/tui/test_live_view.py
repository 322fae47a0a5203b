"""A run on a terminal: its host is a process of its own, the view is nothing to it, whatever befalls either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from autotuner_core.run.events import HostStarted, RunEnded
from autotuner_core.run.holders import holder_of
from autotuner_core.run.journal import read_journal
from on_terminal import Terminal, on_terminal
from waiting import wait_for

RUN = Path(__file__).with_name("scripted_run.py")
PLACES = [str(RUN.parent), str(RUN.parents[1]), *sys.path]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PLACES)}


@contextmanager
def running(folder: Path, *flags: str) -> Iterator[tuple[Terminal, psutil.Process]]:
    """A view whose run has measured both experiments and now waits, and the host of the run."""
    with on_terminal([sys.executable, str(RUN), str(folder), "--endless", *flags], ENVIRONMENT) as terminal:
        terminal.shows("D detach")
        terminal.shows("exp 2 scored")
        holder = holder_of(folder / "host.lock")
        assert holder is not None
        host = psutil.Process(holder.pid)
        try:
            yield terminal, host
        finally:
            if host.is_running():
                host.kill()


def ended(folder: Path) -> RunEnded | None:
    last = read_journal(folder / "journal.jsonl")[-1]
    return last if isinstance(last, RunEnded) else None


def refused(folder: Path, flag: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(RUN), str(folder), flag]
    environment = {**ENVIRONMENT, "XDG_STATE_HOME": str(folder.parent)}
    return subprocess.run(words, env=environment, text=True, capture_output=True, timeout=60)


def test_the_host_has_a_session_of_its_own_and_no_terminal(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        assert os.getsid(host.pid) == host.pid != os.getsid(terminal.process.pid)
        if Path("/proc").is_dir():
            opened = [str(Path(f"/proc/{host.pid}/fd/{number}").readlink()) for number in (0, 1, 2)]
            assert opened == [os.devnull, *[str(tmp_path / "run" / "host.log")] * 2]


def test_detaching_leaves_the_run_alone_and_tells_how_to_come_back(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        assert terminal.takes_single_keys()
        terminal.press("D")
        assert terminal.ended() == 0
        assert f"the run goes on (process {host.pid})" in terminal.text
        assert "autotuner-tui attach " in terminal.text and "stop\r\n" in terminal.text
        assert not terminal.takes_single_keys(), "the terminal is as it was"
        assert host.is_running() and ended(tmp_path / "run") is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_view_that_is_killed_leaves_the_run_alone(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "run") as (terminal, host):
        terminal.process.send_signal(number)
        code = terminal.ended()
        assert code == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGHUP: 129}[number]
        assert terminal.takes_single_keys() == (number is signal.SIGKILL)
        assert host.is_running() and host.status() != psutil.STATUS_ZOMBIE
        host.terminate()
        wait_for(lambda: ended(tmp_path / "run"))


def test_a_terminal_torn_away_ends_the_view_and_not_the_run(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        terminal.tear_away()
        assert terminal.ended() == 129
        assert host.is_running()


def test_ctrl_c_stops_the_run_and_the_view_shows_it_to_its_end(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, _):
        terminal.press("\x03")
        assert terminal.ended() == 130
        assert "nothing new starts; cleaning up and saving" in terminal.text
        assert "143" in terminal.text, "what was measured is shown all the same"
    end = ended(tmp_path / "run")
    assert end is not None and end.signal == signal.SIGINT
    assert holder_of(tmp_path / "run" / "host.lock") is None, "the next run may begin"


def test_ctrl_c_twice_leaves_at_once_and_says_how_to_go_on(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--stuck") as (terminal, host):
        terminal.press("\x03")
        terminal.shows("once more to leave at once")
        terminal.press("\x03")
        assert terminal.ended() == 130
        assert "resume" in terminal.text and "process engine-exp2-attempt1 (pid 4711)" in terminal.text
        assert not host.is_running()


def test_a_host_that_is_killed_is_told_with_its_last_words_and_how_to_go_on(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        (tmp_path / "run" / "host.log").write_text("the last words\n")
        host.kill()
        assert terminal.ended() == 1
        assert f"process {host.pid} on " not in terminal.text.split("no process has the run in hand")[0]
        assert "| the last words" in terminal.text and "autotuner-tui resume " in terminal.text


def test_a_fault_in_the_view_costs_nothing_but_the_view(tmp_path: Path) -> None:
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run"), "--viewer-bug"], ENVIRONMENT) as terminal:
        assert terminal.ended() == 1
        assert "the run does not notice" in terminal.text and not terminal.takes_single_keys()
        details = terminal.text.split("details: ")[1].split("\r")[0]
        assert "a bug in the viewer" in Path(details).read_text()
    wait_for(lambda: ended(tmp_path / "run"), what="the run to end without its view")


def test_a_view_that_was_stopped_and_continued_takes_keys_again(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, _):
        view = psutil.Process(terminal.process.pid)
        view.suspend()
        wait_for(lambda: view.status() == psutil.STATUS_STOPPED)
        before = len(terminal.text)
        view.resume()
        terminal.press("?")
        terminal.shows("any key closes this", since=before)


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


def test_a_run_that_ends_ends_its_view_with_the_ranking_and_the_runs_exit_code(tmp_path: Path) -> None:
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run")], ENVIRONMENT) as terminal:
        assert terminal.ended() == 0
        assert "2 scored" in terminal.text and "record:" in terminal.text
    assert isinstance(read_journal(tmp_path / "run" / "journal.jsonl")[1], HostStarted)
