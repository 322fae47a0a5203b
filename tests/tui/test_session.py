"""A run without a screen, from outside: what is on stdout and stderr, which exit code, and what may befall them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run.events import RunEnded
from autotuner_core.run.journal import read_journal
from waiting import wait_for

HOST = Path(__file__).with_name("scripted_host.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOST.parents[1]), *sys.path])}
PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def ran(folder: Path, *flags: str, **options: Any) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(HOST), str(folder), *flags]
    return subprocess.run(words, env=ENVIRONMENT, text=True, timeout=60, **{**PIPES, **options})


@contextmanager
def running(folder: Path, *flags: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A host that has measured both experiments and now waits."""
    words = [sys.executable, str(HOST), str(folder), "--endless", *flags]
    with subprocess.Popen(words, env=ENVIRONMENT, text=True, **{**PIPES, **options}) as process:
        try:
            wait_for(lambda: sum(event.type == "AttemptEnded" for event in read_journal(folder / "journal.jsonl")) == 2)
            yield process
        finally:
            process.kill()


def test_stdout_is_the_ranking_and_stderr_the_progress_a_timestamped_line_each(tmp_path: Path) -> None:
    told = ran(tmp_path / "chat" / "ab12")
    assert told.returncode == 0
    assert "143" in told.stdout and "level 1/2" not in told.stdout
    progress = [line for line in told.stderr.splitlines() if "exp " in line]
    assert len(progress) == 8
    assert all(line[:4].isdigit() and line[19:21] == "  " for line in progress)
    assert "\x1b" not in told.stdout + told.stderr


def test_json_is_every_event_a_line_each_and_nothing_else(tmp_path: Path) -> None:
    told = ran(tmp_path / "chat" / "ab12", "--json")
    records = [json.loads(line) for line in told.stdout.splitlines()]
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert records == [json.loads(line) for line in (tmp_path / "chat" / "ab12" / "journal.jsonl").open()]
    assert records[0]["type"] == "RunStarted" and records[-1]["type"] == "RunEnded"


@pytest.mark.parametrize(
    ("flags", "code"), [((), 0), (("--fail",), 0), (("--fail", "--strict"), 1), (("--strict",), 0)]
)
def test_exit_code_1_with_strict_where_an_experiment_failed(tmp_path: Path, flags: tuple[str, ...], code: int) -> None:
    assert ran(tmp_path / "run", *flags).returncode == code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_saves_and_leaves_with_its_code(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with running(tmp_path / "run") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert f"{number.name}: nothing new starts" in err
    assert "143" in out, "what was measured is shown all the same"
    end = read_journal(tmp_path / "run" / "journal.jsonl")[-1]
    assert isinstance(end, RunEnded) and end.signal == number


def test_a_second_signal_leaves_at_once_and_names_what_is_left(tmp_path: Path) -> None:
    with running(tmp_path / "run", "--stuck") as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        wait_for(lambda: "nothing new starts" in process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "process engine-exp2-attempt1 (pid 4711)" in err and "resume run" in err


def test_a_second_signal_leaves_also_where_nobody_reads_stderr(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    words = [sys.executable, str(HOST), str(tmp_path / "run"), "--endless", "--stuck"]
    with subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=writer) as process:
        os.close(writer)
        journal = tmp_path / "run" / "journal.jsonl"
        wait_for(lambda: sum(event.type == "AttemptEnded" for event in read_journal(journal)) == 2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(20) in (130, 143)  # which of two that are pending is second, the kernel says
        finally:
            process.kill()
    os.close(reader)


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_reader_of_stdout_that_leaves_neither_ends_the_run_nor_changes_its_exit_code(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told = ran(tmp_path / "run", *flags, stdout=writer)
    os.close(writer)
    assert told.returncode == 0
    assert "Traceback" not in told.stderr and "Exception ignored" not in told.stderr
    assert isinstance(read_journal(tmp_path / "run" / "journal.jsonl")[-1], RunEnded)
    if flags:
        assert "stdout is gone (Broken pipe): the run goes on without it" in told.stderr


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_descriptors_change_nothing(tmp_path: Path, closed: str) -> None:
    shell = f'exec "$0" "$1" "$2" {closed}'
    words = ["sh", "-c", shell, sys.executable, str(HOST), str(tmp_path / "run")]
    assert subprocess.run(words, env=ENVIRONMENT, timeout=60, **PIPES).returncode == 0


def test_sighup_and_a_terminal_torn_away_leave_the_run_alone(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    words = [sys.executable, str(HOST), str(tmp_path / "run"), "--endless"]
    environment = {**ENVIRONMENT, "TERM": "xterm", "CI": ""}
    journal = tmp_path / "run" / "journal.jsonl"
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    with subprocess.Popen(words, env=environment, start_new_session=True, **streams) as process:
        os.close(theirs)
        wait_for(lambda: sum(event.type == "AttemptEnded" for event in read_journal(journal)) == 2)
        process.send_signal(signal.SIGHUP)
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 143
    assert isinstance(read_journal(journal)[-1], RunEnded)


def test_a_bug_in_the_viewer_does_not_end_the_run(tmp_path: Path) -> None:
    told = ran(tmp_path / "run", "--viewer-bug")
    assert told.returncode == 0
    assert "the run goes on without it" in told.stderr and "143" in told.stdout
    details = next(line for line in told.stderr.splitlines() if "details: " in line)
    assert "a bug in the viewer" in Path(details.split("details: ")[1].split(";")[0]).read_text()


def test_a_terminal_gets_a_bar_with_elapsed_and_remaining_time(tmp_path: Path) -> None:
    screen = on_a_terminal(tmp_path / "run", {"TERM": "xterm-256color"})
    assert "2/2" in screen and "exp 2 scored" in screen
    assert "\x1b[?25l" not in screen, "a program that is killed could not show a hidden cursor again"


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "CI": "true"}])
def test_a_dumb_terminal_and_ci_get_plain_lines(tmp_path: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(tmp_path / "run", environment)


def test_no_color_means_no_colour(tmp_path: Path) -> None:
    screen = on_a_terminal(tmp_path / "run", {"TERM": "xterm-256color", "NO_COLOR": "1"})
    colours = [part for part in screen.split("\x1b[")[1:] if part.split("m")[0].replace(";", "").isdigit()]
    assert not [part for part in colours if part.split("m")[0] not in ("", "0", "1", "2")]


def on_a_terminal(folder: Path, environment: dict[str, str]) -> str:
    """What a terminal of 100 columns received of a whole run."""
    ours, theirs = os.openpty()
    words = [sys.executable, str(HOST), str(folder), "--endless"]
    full = {**ENVIRONMENT, "CI": "", "COLUMNS": "100", "LINES": "30", **environment}
    received = bytearray()
    with subprocess.Popen(words, env=full, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        stopped = False
        while chunk := read_terminal(ours):
            received += chunk
            if not stopped and b"exp 2 scored" in received:
                process.send_signal(signal.SIGTERM)
                stopped = True
    os.close(ours)
    return received.decode()


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""
