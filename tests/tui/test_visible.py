"""Words on their way to a terminal are read there, and steer nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_tui.cli.visible import visible
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.progress import LiveProgress
from recorded_run import recorded
from recordings import TASK, beginning, scored
from tests_environment import alone

CLIPBOARD = "\x1b]52;c;aGFjaw==\a"
EVIL = f"chat{CLIPBOARD}\x1b[2J\x9b31m\u202eton si siht"


def steers(said: str) -> list[str]:
    """What of it a terminal would take for more than text."""
    return [sign for sign in said if (not sign.isprintable() and sign not in "\n\t") or sign == "\u202e"]


def forged(place: Path) -> Path:
    """A run whose record somebody has written escape sequences into, everywhere."""
    begun, host, *queued = beginning(3)
    assert isinstance(begun, ev.RunStarted)
    queued[0] = ev.ExperimentQueued(experiment=1, parameters={EVIL: EVIL})
    failed = ev.AttemptEnded(experiment=2, attempt=1, outcome="failed", cause="crash", message=EVIL, evidence=[EVIL])
    ended = [ev.AttemptStarted(experiment=2, attempt=1), failed, ev.RunEnded(reason="finished", message=EVIL)]
    return recorded(
        place, [replace(begun, task={**TASK, "task_name": EVIL}), host, *queued, *scored(1, 10.0), *ended]
    ).root


@pytest.mark.parametrize("words", [("report",), ("report", "--json"), ("attach",), ("resume",)])
def test_a_forged_task_cannot_reach_into_the_terminal_of_who_prints_a_run(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    command, *flags = words
    call = [sys.executable, "-m", "autotuner_tui", command, str(forged(tmp_path)), *flags]
    done = subprocess.run(call, env=alone(tmp_path), capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout + done.stderr
    assert steers(done.stdout) == steers(done.stderr) == []
    if "--json" in flags:
        assert json.loads(done.stdout)["task_name"] == EVIL


def test_a_forged_task_file_cannot_reach_into_the_terminal_of_who_checks_or_plans_it(tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text(json.dumps({**TASK, "task_name": EVIL, EVIL: 1}))
    for command in ("check", "plan"):
        call = [sys.executable, "-m", "autotuner_tui", command, str(file)]
        done = subprocess.run(call, env=alone(tmp_path), capture_output=True, text=True, timeout=120, check=False)
        assert done.stdout + done.stderr
        assert steers(done.stdout) == steers(done.stderr) == []


def test_a_forged_message_cannot_move_the_progress_that_is_drawn_in_place() -> None:
    terminal = io.StringIO()
    progress = LiveProgress(Outlet(terminal))
    progress.line(1.0, EVIL)
    progress.close()
    assert "chat" in terminal.getvalue()
    assert steers(terminal.getvalue()) == []


def test_what_is_read_stays_as_it_was() -> None:
    text = "tok/s  12,3\t▁▃▅ 日本 é\n"
    assert visible(text) == text
