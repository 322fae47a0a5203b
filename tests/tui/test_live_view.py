"""A run on a terminal: its host is a process of its own, the screen is nothing to it, whatever befalls either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from autotuner_core.run.events import HostStarted, RunEnded
from autotuner_core.run.holders import holder_of
from autotuner_core.run.journal import read_journal
from on_terminal import Terminal, on_terminal
from tests_environment import alone
from waiting import wait_for

RUN = Path(__file__).with_name("scripted_run.py")
PLACE = os.pathsep.join([str(RUN.parent), str(RUN.parents[1]), *sys.path])
ENVIRONMENT = {**os.environ, "PYTHONPATH": PLACE}

SHELL = ["/bin/sh", "-m", "-c", '"$@"; echo the shell has it; read word; fg', "sh"]
"""A shell with jobs: it goes on where its program is suspended, and takes it up again at a line."""


@contextmanager
def running(folder: Path, *flags: str, before: Sequence[str] = ()) -> Iterator[tuple[Terminal, psutil.Process]]:
    """A screen whose run has measured both experiments and now waits, and the host of the run. `before`: the words of
    a program that starts it."""
    around = {**alone(folder.parent), "PYTHONPATH": PLACE}
    words = [*before, sys.executable, str(RUN), str(folder), "--endless", *flags]
    with on_terminal(words, around) as terminal:
        if "--lines" in flags:
            terminal.shows("exp 2 scored")
        else:
            terminal.sees("D detach", "2/2", "143 tokens/s")
        holder = holder_of(folder / "host.lock")
        assert holder is not None
        host = psutil.Process(holder.pid)
        try:
            yield terminal, host
        finally:
            if host.is_running():
                host.kill()


def given_back(terminal: Terminal) -> bool:
    """Whether the terminal is as a shell wants it: whole lines with echo, its own screen."""
    wait_for(lambda: not terminal.on_the_other_screen(), what="the screen to be left")
    return not terminal.takes_single_keys()


def ended(folder: Path) -> RunEnded | None:
    last = read_journal(folder / "journal.jsonl")[-1]
    return last if isinstance(last, RunEnded) else None


def refused(folder: Path, flag: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(RUN), str(folder), flag]
    environment = {**ENVIRONMENT, "XDG_STATE_HOME": str(folder.parent)}
    return subprocess.run(words, env=environment, text=True, capture_output=True, timeout=60)


def test_the_host_has_a_session_of_its_own_and_no_terminal(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--lines") as (terminal, host):
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
        assert given_back(terminal)
        assert host.is_running() and ended(tmp_path / "run") is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_view_that_is_killed_leaves_the_run_alone(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path / "run") as (terminal, host):
        terminal.process.send_signal(number)
        code = terminal.ended()
        assert code == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGHUP: 129}[number]
        assert terminal.takes_single_keys() if number is signal.SIGKILL else given_back(terminal)
        assert host.is_running() and host.status() != psutil.STATUS_ZOMBIE
        host.terminate()
        wait_for(lambda: ended(tmp_path / "run"))


def test_a_terminal_torn_away_ends_the_view_and_not_the_run(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        terminal.tear_away()
        assert terminal.ended() == 129
        assert host.is_running()


def test_ctrl_c_asks_then_stops_the_run_and_leaves_with_what_was_measured(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, _):
        terminal.press("\x03")
        terminal.sees("Stop the run and leave")
        terminal.press("\x03")
        assert terminal.ended() == 130
        assert "143" in terminal.text, "what was measured is shown all the same"
        assert given_back(terminal)
    end = ended(tmp_path / "run")
    assert end is not None and end.signal == signal.SIGINT
    assert holder_of(tmp_path / "run" / "host.lock") is None, "the next run may begin"


def test_a_run_that_does_not_stop_is_left_at_once_by_another_ctrl_c_and_told_how_to_go_on(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--stuck") as (terminal, host):
        for _ in range(2):
            terminal.press("\x03")
            terminal.sees("any other key: no")
            terminal.press("\x03")
            wait_for(lambda: "any other key: no" not in terminal.screen)
        assert terminal.ended() == 130
        assert "resume" in terminal.text
        assert not host.is_running()


def test_a_host_that_is_killed_is_told_with_its_last_words_and_how_to_go_on(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, host):
        (tmp_path / "run" / "host.log").write_text("the last words\n")
        host.kill()
        terminal.sees("interrupted", "no process has the run in hand")
        terminal.press("q")
        assert terminal.ended() == 1
        assert "| the last words" in terminal.text and "autotuner-tui resume " in terminal.text


def test_a_fault_in_the_screen_costs_nothing_but_the_screen(tmp_path: Path) -> None:
    around = {**alone(tmp_path), "PYTHONPATH": PLACE}
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run"), "--viewer-bug"], around) as terminal:
        assert terminal.ended() == 1
        assert "the run does not notice" in terminal.text and given_back(terminal)
        details = terminal.text.split("details: ")[1].split("\r")[0]
        assert "a bug in the viewer" in Path(details).read_text()
    wait_for(lambda: ended(tmp_path / "run"), what="the run to end without its view")


def test_a_screen_that_was_stopped_and_continued_takes_keys_again_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with running(tmp_path / "run") as (terminal, _):
        view = psutil.Process(terminal.process.pid)
        view.suspend()
        wait_for(lambda: view.status() == psutil.STATUS_STOPPED)
        seen = len(terminal.text)
        view.resume()
        terminal.shows("143 tokens/s", since=seen)
        terminal.press("?")
        terminal.sees("any key closes this")
        terminal.press(" ")
        wait_for(lambda: "any key closes this" not in terminal.screen)
        terminal.press("D")
        assert terminal.ended() == 0
        assert given_back(terminal)


def test_ctrl_z_gives_the_shell_its_terminal_and_fg_brings_the_screen_back(tmp_path: Path) -> None:
    with running(tmp_path / "run", before=SHELL) as (terminal, host):
        terminal.press("\x1a")
        terminal.shows("the shell has it")
        assert given_back(terminal)
        assert host.is_running(), "a run is not suspended with its screen"
        seen = len(terminal.text)
        terminal.press("fg\n")
        terminal.shows("143 tokens/s", since=seen)
        terminal.press("D")
        assert terminal.ended() == 0 and given_back(terminal)


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


def test_in_lines_ctrl_c_stops_the_run_and_once_more_leaves_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--lines", "--stuck") as (terminal, host):
        assert "Ctrl+C stops the run" in terminal.text
        terminal.press("\x03")
        terminal.shows("once more to leave at once")
        terminal.press("\x03")
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


def test_an_ended_run_stays_on_the_screen_until_one_leaves_with_its_ranking_and_exit_code(
    tmp_path: Path,
) -> None:
    around = {**alone(tmp_path), "PYTHONPATH": PLACE}
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run")], around) as terminal:
        terminal.sees("completed", "2/2")
        terminal.press("q")
        assert terminal.ended() == 0
        assert "2 scored" in terminal.text and "record:" in terminal.text
    assert isinstance(read_journal(tmp_path / "run" / "journal.jsonl")[1], HostStarted)


def test_in_lines_a_run_that_ends_ends_its_view_with_the_ranking_and_the_runs_exit_code(tmp_path: Path) -> None:
    with on_terminal([sys.executable, str(RUN), str(tmp_path / "run"), "--lines"], ENVIRONMENT) as terminal:
        assert terminal.ended() == 0
        assert "2 scored" in terminal.text and "record:" in terminal.text
