"""The call with a task alone, on a terminal: its plan, and a key that starts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.plan.plan import Plan
from autotuner_tui.cli import start
from autotuner_tui.cli.commands import open as open_command
from autotuner_tui.cli.main import main


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What was started instead of a run, for a person at a terminal."""
    plans: list[Plan] = []

    def instead(loaded: Any, plan: Plan, arguments: Any) -> int:
        plans.append(plan)
        return 0

    monkeypatch.setattr(start, "start", instead)
    monkeypatch.setattr(open_command, "_attended", lambda arguments: True)
    return plans


def answers(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    given: Iterator[str] = iter(words)

    def typed() -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", typed)


@pytest.mark.parametrize(
    ("words", "starts"), [(("",), 1), (("x", " YES "), 1), (("q",), 0), (("\x1b[A", "n"), 0), ((), 0)]
)
def test_only_an_answer_starts_the_run_or_leaves_and_leaving_is_said(
    words: tuple[str, ...], starts: int, repository: Path, started: list[Plan],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    answers(monkeypatch, *words)
    assert main([str(repository / "examples" / "local_demo.json")]) == 0
    said = capsys.readouterr().err
    assert len(started) == starts and ("not started" in said) == (not starts)
    assert said.count("Enter starts the run, q leaves: ") == max(1, len(words))


def test_the_task_and_its_objective_stand_by_the_question(
    repository: Path, started: list[Plan], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, "q")
    main([str(repository / "examples" / "local_demo.json")])
    last = capsys.readouterr().err.splitlines()[-2:]
    assert last[0].startswith("local-demo: maximize output_throughput")
