"""The call with a task alone, or with nothing: a screen, or a word on what to do without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from on_terminal import on_terminal
from tests_environment import alone

SILENT: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True}
OURS = [sys.executable, "-m", "autotuner_tui"]


@pytest.fixture
def around(tmp_path: Path) -> dict[str, str]:
    return alone(tmp_path)


def test_a_task_is_opened_with_its_plan_and_q_leaves_it_unstarted(repository: Path, around: dict[str, str]) -> None:
    with on_terminal([*OURS, str(repository / "examples" / "local_demo.json")], around) as terminal:
        terminal.sees("local-demo", "parallel")
        terminal.press("\x11")
        assert terminal.ended() == 0
    assert not list(Path(around["XDG_STATE_HOME"]).rglob("journal.jsonl"))


def test_nothing_opens_the_first_page(around: dict[str, str]) -> None:
    with on_terminal(OURS, around) as terminal:
        terminal.sees("1 Runs", "d demo")
        terminal.press("q")
        assert terminal.ended() == 0


@pytest.mark.parametrize("words", [[], ["examples/local_demo.json"]])
def test_without_a_terminal_it_is_refused_with_what_goes_there(
    words: list[str], repository: Path, around: dict[str, str]
) -> None:
    told = subprocess.run([*OURS, *words], cwd=repository, env=around, text=True, **SILENT)
    assert told.returncode == 2 and "this is no terminal" in told.stderr and "--no-ui" in told.stderr


def test_a_dumb_terminal_is_refused_with_what_goes_there(around: dict[str, str]) -> None:
    with on_terminal([sys.executable, "-c", DUMB], around) as terminal:
        assert terminal.ended() == 2
        assert "TERM=dumb" in terminal.text and "--no-ui" in terminal.text


DUMB = "import os, sys; os.environ['TERM'] = 'dumb'; from autotuner_tui.cli.main import main; sys.exit(main([]))"
