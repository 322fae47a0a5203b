"""The demo on a terminal, from its first screen to its last, as a person sees and steers it: everything is real."""

from __future__ import annotations

from typing import Any

import psutil
import pytest

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import CommandHandled
from autotuner_core.run.holders import holder_of
from on_terminal import Terminal, on_terminal
from waiting import wait_for

pytestmark = [pytest.mark.engine, pytest.mark.genai_bench, pytest.mark.slow]


@pytest.fixture
def demo(tuner: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder in which the demo is run; its host is ended where it remains."""
    monkeypatch.chdir(tuner.folder)
    yield tuner
    for lock in (tuner.folder / "results").glob("*/*/host.lock"):
        if (holder := holder_of(lock)) is not None:
            psutil.Process(holder.pid).terminate()
            wait_for(lambda lock=lock: holder_of(lock) is None, 60)  # type: ignore[misc]


def test_the_demo_is_paused_skipped_measured_again_left_torn_away_and_finished(demo: Any) -> None:
    with on_terminal(demo.words("demo"), demo.environment) as screen:
        screen.sees("local-demo", "running", "▶ level")
        pause_and_resume(screen)
        skip_the_last_ones(screen, demo)
        measure_the_last_after_all(screen, demo)
        look_around(screen)
        screen.tear_away()
        assert screen.ended() == 129
    with on_terminal(demo.words("attach"), demo.environment) as screen:
        screen.sees("local-demo", "skipped")
        screen.sees("completed", "8/8")
        screen.press("q")
        assert screen.ended() == 0
        assert "Best: experiment " in screen.text
    state = demo.state()
    assert state.counts()["success"] == 3 and find_strays(state.host.token) == []
    asked = [event.command for event in demo.events() if isinstance(event, CommandHandled)]
    assert asked == ["pause", "resume", "skip", "rerun"]


def pause_and_resume(screen: Terminal) -> None:
    screen.press("p")
    screen.sees("paused by user", "p resume")
    screen.press("p")
    screen.sees("running", "p pause")


def skip_the_last_ones(screen: Terminal, demo: Any) -> None:
    """All that wait but the next one, marked in the table: what is left takes half a minute."""
    waiting = [experiment.id for experiment in demo.state().queue][1:]
    screen.press("g")
    for number in range(1, 9):
        screen.press(" " if number in waiting else "j")
    screen.press("S")
    demo.wait_for_event("CommandHandled", command="skip", outcome="taken")
    assert {e.id for e in demo.state().experiments.values() if e.status == "skipped"} == set(waiting)
    screen.sees("skipped")


def look_around(screen: Terminal) -> None:
    """Every screen, and back."""
    screen.press("?")
    screen.sees("any key closes this")
    screen.press(" ")
    wait_for(lambda: "any key closes this" not in screen.screen, 60)
    screen.press("\r")
    screen.sees("1 Configuration")
    screen.press("6")
    screen.sees("6 As sent")
    screen.press("q")
    screen.sees("1 Experiments")
    screen.press("v")
    screen.sees("Ranking")
    screen.press("q")
    screen.sees("1 Experiments")
    screen.press("l")
    screen.sees("tuner", "following")
    screen.press("q")
    screen.sees("1 Experiments")


def measure_the_last_after_all(screen: Terminal, demo: Any) -> None:
    """The cursor stands on it."""
    last = max(e.id for e in demo.state().experiments.values() if e.status == "skipped")
    screen.press("G" + "k" * (8 - last))
    screen.press("r")
    demo.wait_for_event("CommandHandled", command="rerun", outcome="taken")
    assert demo.state().experiments[last].status == "queued"
