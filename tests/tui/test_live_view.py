"""A run on a terminal: its host is a process of its own, the screen is nothing to it, whatever befalls either."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import psutil
import pytest

from autotuner_core.run.events import HostStarted
from autotuner_core.run.holders import holder_of
from autotuner_core.run.journal import read_journal
from on_terminal import on_terminal
from scripted_view import PLACE, RUN, SHELL, ended, given_back, running
from tests_environment import alone
from waiting import wait_for


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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_that_stops_a_run_in_the_screen_s_own_process_ends_the_screen_with_it(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with running(tmp_path / "ab12", "--in-process") as (terminal, _):
        terminal.process.send_signal(number)
        assert terminal.ended() == code
        assert ended(tmp_path / "ab12") is not None and given_back(terminal)


def test_a_terminal_torn_away_stops_the_run_in_the_screen_s_own_process_which_nobody_could_steer_any_more(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "ab12", "--in-process") as (terminal, _):
        terminal.tear_away()
        assert terminal.ended() == 129
    end = ended(tmp_path / "ab12")
    assert end is not None and end.signal == signal.SIGHUP
    assert holder_of(tmp_path / "ab12" / "host.lock") is None, "the next run may begin"
