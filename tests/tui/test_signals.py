"""Signals of a host, on a real child process: what is asked must reach the engine whatever the main thread does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waiting import wait_for

CHILD = """
import os, sys, threading
from autotuner_tui.headless.signals import SignalWatch

log = open(sys.argv[1], "w", buffering=1)
ended = threading.Event()
def tell(word):
    def told(what):
        print(word, getattr(what, "name", what), file=log)
        if word == "now":
            ended.set()
    return told
with SignalWatch(tell("stop"), tell("now"), tell("hangup")):
    print("ready", file=log)
    if sys.argv[2] == "blocked":
        threading.Thread(target=lambda: (ended.wait(30), os._exit(7)), daemon=True).start()
        while True:
            os.write(1, b"x" * 65536)  # nobody reads: the main thread hangs in here
    ended.wait(30)
print("left", threading.active_count(), file=log)
"""


@contextmanager
def child(log: Path, manner: str, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(log), manner], **options)  # type: ignore[call-overload]
    try:
        wait_for(lambda: log.exists() and "ready" in log.read_text(), what="the child to be ready")
        yield process
    finally:
        process.kill()
        process.wait()


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_to_leave_at_once(tmp_path: Path, first: signal.Signals) -> None:
    log = tmp_path / "log"
    with child(log, "waiting") as process:
        process.send_signal(first)
        wait_for(lambda: f"stop {first.name}" in lines(log))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert lines(log)[1:] == [f"stop {first.name}", "now SIGTERM", "left 1"]


def test_a_reader_that_does_not_read_cannot_keep_a_signal_from_the_engine(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with child(log, "blocked", stdout=subprocess.PIPE) as process:
        for number, word in ((signal.SIGINT, "stop SIGINT"), (signal.SIGINT, "now SIGINT")):
            process.send_signal(number)
            wait_for(lambda expected=word: expected in lines(log))
        assert process.wait(10) == 7
        assert process.stdout is not None
        process.stdout.close()


def test_sighup_stops_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with child(log, "waiting") as process:
        for count in (1, 2):
            process.send_signal(signal.SIGHUP)
            wait_for(lambda expected=count: lines(log).count("hangup False") == expected)
        assert process.poll() is None


def test_nohup_keeps_sighup_ignored_and_ctrl_c_works_where_a_script_ignored_it(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with child(log, "waiting", preexec_fn=ignore) as process:
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        wait_for(lambda: "stop SIGINT" in lines(log))
        assert process.poll() is None
    assert "hangup False" not in lines(log)


def test_a_terminal_that_is_gone_is_noticed_and_nothing_is_written_to_it_any_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ours, theirs = os.openpty()
    with child(log, "waiting", stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "hangup True" in lines(log))
        targets = (
            {str(Path(f"/proc/{process.pid}/fd/{n}").readlink()) for n in (0, 1, 2)}
            if Path("/proc").is_dir()
            else set()
        )
        assert targets <= {os.devnull}
        assert process.poll() is None
