"""`--on-event` as a user types it: told of every event, told of the end, and nothing of it left behind."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run.events import LevelStarted, RunNote
from killing import Victim, held_task

VALUES = (0.01, 0.02)


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    return Victim(tmp_path, held_task(VALUES, tmp_path))


def told(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def journal(victim: Victim) -> list[dict[str, Any]]:
    return [json.loads(line) for line in victim.recorded().splitlines()]


def test_every_event_of_a_run_is_told_and_of_a_resumed_one_only_the_new_ones(victim: Victim, tmp_path: Path) -> None:
    command = shlex.join(["sh", "-c", 'cat >> "$0"', str(tmp_path / "told")])
    assert victim.kill_at(
        victim.start("run", str(victim.task_file), "--on-event", command),
        lambda events: any(isinstance(event, LevelStarted) for event in events),
    )
    victim.seconds_until_all_is_gone()
    before = len(journal(victim))
    first = told(tmp_path / "told")
    assert first == journal(victim)[: len(first)]
    (tmp_path / "told").unlink()
    victim.let_go(*VALUES)
    assert victim.start("resume", "--on-event", command).wait(120) == 0, victim.said()
    assert told(tmp_path / "told") == journal(victim)[before:]
    assert told(tmp_path / "told")[-1]["type"] == "RunEnded"


def test_a_notifier_that_hangs_when_its_host_is_killed_is_ended_by_resume(victim: Victim, tmp_path: Path) -> None:
    hanging = shlex.join(["sh", "-c", "exec sleep 1000"])
    assert victim.kill_at(
        victim.start("run", str(victim.task_file), "--on-event", hanging),
        lambda events: any(isinstance(event, LevelStarted) for event in events),
    )
    victim.let_go(*VALUES)
    assert victim.start("resume").wait(120) == 0, victim.said()
    notes = [event.text for event in victim.events() if isinstance(event, RunNote)]
    assert any("sleep 1000" in note and "it was ended" in note for note in notes)
    victim.seconds_until_all_is_gone()


def test_a_notifier_that_always_fails_changes_nothing_but_one_note(victim: Victim) -> None:
    victim.let_go(*VALUES)
    assert victim.start("run", str(victim.task_file), "--on-event", "false").wait(120) == 0, victim.said()
    notes = [event for event in victim.events() if isinstance(event, RunNote) and event.code == "on_event_failed"]
    assert len(notes) == 1 and "exit code 1" in notes[0].text
    assert len(victim.configurations()) == 2
    assert victim.run_folder is not None and "calls failed" in victim.run_folder.host_log.read_text()
