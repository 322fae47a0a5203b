"""A real run, steered from other processes: it obeys, and its record tells what it was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import AttemptStarted, CommandHandled
from waiting import wait_for

Tuner = Any  # conftest.py

pytestmark = pytest.mark.genai_bench


def send(tuner: Tuner, *words: str) -> dict[str, Any]:
    told = tuner.run("send", *words, "--json")
    assert told.stdout, told.stderr
    answer = json.loads(told.stdout)
    assert told.returncode == (0 if answer["ok"] else 1)
    return answer


def test_a_run_is_paused_extended_by_hand_resumed_and_its_record_tells_each_command(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted")
        assert "nothing new starts" in send(tuner, "pause")["message"]
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
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("AttemptEnded", outcome="scored")
        wait_for(lambda: len([e for e in tuner.events() if isinstance(e, AttemptStarted)]) == 2)
        assert send(tuner, "stop")["ok"]
        _, err = process.communicate(timeout=60)
    host = tuner.state().host
    assert host is not None and find_strays(host.token) == []
    assert tuner.state().end.reason == "stopped" and "resume" in err
    scored = next(e.id for e in tuner.state().experiments.values() if e.status == "success")
    again = tuner.run("resume", "--rerun", str(scored), "--no-ui")
    assert again.returncode == 0, again.stderr
    assert [a.outcome for a in tuner.state().experiments[scored].attempts] == ["scored", "scored"]
    assert set(tuner.state().counts().items()) >= {("success", 2), ("queued", 0)}


def test_a_run_obeys_while_it_is_being_prepared(tuner: Tuner) -> None:
    with tuner.start("run", tuner.write_task(), "--no-ui") as process:
        tuner.wait_for_event("ExperimentQueued")
        assert not any(event.type == "ToolsFound" for event in tuner.events()), "the load generator takes its seconds"
        assert send(tuner, "skip", "1")["ok"]
        wait_for(lambda: tuner.state().experiments[1].status == "skipped")
        assert process.wait(120) == 0
    assert tuner.state().experiments[1].attempts == []
