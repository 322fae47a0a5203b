"""A run, steered from other processes: it obeys, and its record tells what it was asked. The load generator is a stub:
it loads, and its levels last, until the test lets them go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import AttemptStarted, CommandHandled
from stub_load import held_benchmark, late_benchmark
from waiting import wait_for

Tuner = Any  # conftest.py


def let_go(tuner: Tuner) -> Path:
    """The file that levels, or the loading, wait for."""
    path: Path = tuner.folder / "let-go"
    return path


def held_task(tuner: Tuner) -> Path:
    path: Path = tuner.write_task(benchmark=held_benchmark(tuner.folder, let_go(tuner)))
    return path


def late_task(tuner: Tuner) -> Path:
    path: Path = tuner.write_task(benchmark=late_benchmark(tuner.folder, let_go(tuner)))
    return path


def send(tuner: Tuner, *words: str) -> dict[str, Any]:
    told = tuner.run("send", *words, "--json")
    assert told.stdout, told.stderr
    answer = json.loads(told.stdout)
    assert told.returncode == (0 if answer["ok"] else 1)
    return answer


def test_a_run_is_paused_extended_by_hand_resumed_and_its_record_tells_each_command(tuner: Tuner) -> None:
    with tuner.start("run", held_task(tuner), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted")
        assert "nothing new starts" in send(tuner, "pause")["message"]
        let_go(tuner).touch()
        tuner.wait_for_event("RunNote", code="pause_is_complete")
        assert send(tuner, "add", "tpot=0.005", "--first")["ok"]
        assert not send(tuner, "add", "tpot=0.005")["ok"], "it is an experiment already"
        assert send(tuner, "resume")["ok"]
        assert process.wait(120) == 0
    assert tuner.results()["best_result"]["parameters"] == {"tpot": 0.005}
    assert tuner.results()["successful_experiments"] == 3
    begun = [event.experiment for event in tuner.events() if isinstance(event, AttemptStarted)]
    assert begun[1] == 3, "it was asked to be the first"
    handled = [(e.command, e.outcome) for e in tuner.events() if isinstance(e, CommandHandled)]
    expected = [("pause", "taken"), ("add", "taken"), ("add", "refused"), ("resume", "taken")]
    assert handled == expected


def test_a_run_is_stopped_from_a_script_with_nothing_left_and_finished_ones_are_measured_once_more(
    tuner: Tuner,
) -> None:
    with tuner.start("run", held_task(tuner), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted")
        assert send(tuner, "pause")["ok"]
        let_go(tuner).touch()
        tuner.wait_for_event("RunNote", code="pause_is_complete")
        let_go(tuner).unlink()
        assert send(tuner, "resume")["ok"]
        wait_for(lambda: len({e.experiment for e in tuner.events() if e.type == "LevelStarted"}) == 2, 120)
        assert send(tuner, "stop")["ok"]
        _, err = process.communicate(timeout=120)
    host = tuner.state().host
    assert host is not None and find_strays(host.token) == []
    assert tuner.state().end.reason == "stopped" and "resume" in err
    scored = next(e.id for e in tuner.state().experiments.values() if e.status == "success")
    let_go(tuner).touch()
    again = tuner.run("resume", "--rerun", str(scored), "--no-ui")
    assert again.returncode == 0, again.stderr
    assert [a.outcome for a in tuner.state().experiments[scored].attempts] == ["scored", "scored"]
    assert set(tuner.state().counts().items()) >= {("success", 2), ("queued", 0)}


def test_a_run_obeys_while_it_is_being_prepared(tuner: Tuner) -> None:
    with tuner.start("run", late_task(tuner), "--no-ui") as process:
        tuner.wait_for_event("ExperimentQueued")
        assert send(tuner, "skip", "1")["ok"]
        wait_for(lambda: tuner.state().experiments[1].status == "skipped")
        assert not any(event.type == "ToolsFound" for event in tuner.events()), "the load generator is not there yet"
        let_go(tuner).touch()
        assert process.wait(120) == 0
    assert tuner.state().experiments[1].attempts == []
