"""A run begun on a terminal, looked at and steered from others, as users do it: real processes and a stand-in engine.
The load generator is a stub: a level lasts until the test lets it go."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psutil
import pytest

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import CommandHandled
from autotuner_core.run.holders import holder_of
from on_terminal import Terminal, on_terminal
from stub_load import held_benchmark, stub_benchmark
from waiting import wait_for

Tuner = Any  # conftest.py
Open = Callable[..., AbstractContextManager[Terminal]]


@pytest.fixture
def open_terminal(tuner: Tuner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Terminals in which the command line is called. A host that outlives them is ended with the test."""
    monkeypatch.chdir(tuner.folder)
    yield lambda *words, **options: on_terminal(tuner.words(*words), tuner.environment, **options)
    for lock in (tuner.folder / "results").glob("*/*/host.lock"):
        if (holder := holder_of(lock)) is not None:
            psutil.Process(holder.pid).terminate()
            wait_for(lambda lock=lock: holder_of(lock) is None, 60)  # type: ignore[misc]


def let_go(tuner: Tuner) -> Path:
    """The file that the levels of a held task wait for."""
    path: Path = tuner.folder / "let-go"
    return path


def held_task(tuner: Tuner, **changes: Any) -> Path:
    """Two configurations; a level takes until `let_go` is there."""
    path: Path = tuner.write_task(benchmark=held_benchmark(tuner.folder, let_go(tuner)), **changes)
    return path


def host_of(tuner: Tuner) -> psutil.Process:
    (lock,) = (tuner.folder / "results").glob("*/*/host.lock")
    holder = holder_of(lock)
    assert holder is not None
    return psutil.Process(holder.pid)


def finished(tuner: Tuner) -> None:
    """The run comes to its end by itself, with everything measured and nothing left."""
    tuner.wait_for_event("RunEnded", reason="completed")
    wait_for(lambda: not list((tuner.folder / "results").glob("*/*/host.lock")), 120, what="the host to leave")
    assert tuner.results()["successful_experiments"] == 2
    host = tuner.state().host
    assert host is not None and find_strays(host.token) == []


def test_a_terminal_torn_away_leaves_the_run_alone(tuner: Tuner, open_terminal: Open) -> None:
    with open_terminal("run", held_task(tuner)) as terminal:
        tuner.wait_for_event("LevelStarted")
        host = host_of(tuner)
        terminal.tear_away()
        assert terminal.ended() == 129
        assert host.is_running()
        let_go(tuner).touch()
        finished(tuner)


def test_a_terminal_torn_away_from_a_run_in_its_own_process_ends_it_cleanly_and_leaves_nothing(
    tuner: Tuner, open_terminal: Open
) -> None:
    with open_terminal("run", held_task(tuner), "--in-process") as terminal:
        tuner.wait_for_event("LevelStarted")
        assert host_of(tuner).pid == terminal.process.pid
        terminal.tear_away()
        assert terminal.ended() == 129
    state = tuner.state()
    assert state.end is not None and state.end.signal == signal.SIGHUP
    assert state.resources == {} and find_strays(state.host.token) == []
    let_go(tuner).touch()
    assert tuner.run("resume", "--no-ui").returncode == 0
    finished(tuner)


def test_a_view_that_is_killed_leaves_the_run_alone_and_attach_shows_it_to_its_end(
    tuner: Tuner, open_terminal: Open
) -> None:
    with open_terminal("run", held_task(tuner)) as terminal:
        tuner.wait_for_event("LevelStarted")
        terminal.process.kill()
        terminal.ended()
    with open_terminal("attach") as terminal:
        terminal.sees("▶ warm-up", "running")
        let_go(tuner).touch()
        terminal.sees("completed", "2/2")
        terminal.press("q")
        assert terminal.ended() == 0
        assert "2 scored" in terminal.text
    finished(tuner)


def test_of_two_that_are_attached_one_steers_and_both_see_it_and_a_watcher_steers_nothing(
    tuner: Tuner, open_terminal: Open
) -> None:
    with tuner.start("run", held_task(tuner), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted")
        with open_terminal("attach") as steering, open_terminal("attach", "--watch") as watching:
            steering.sees("D detach", "p pause")
            assert "p pause" not in watching.sees("D detach")
            watching.press("p")
            watching.sees("not possible now")
            steering.press("p")
            for terminal in (steering, watching):
                terminal.sees("paused by user")  # the record says so, not the host's answer alone
            steering.press("p")
            for terminal in (steering, watching):
                terminal.sees("running")
            watching.press("D")
            assert watching.ended() == 0 and "the run goes on" in watching.text
            steering.press("\x03")
            assert steering.ended() == 0, "Ctrl+C in a view that was attached leaves the view"
            assert "autotuner-tui attach " in steering.text
        let_go(tuner).touch()
        assert process.wait(120) == 0
    asked = [event.command for event in tuner.events() if isinstance(event, CommandHandled)]
    assert asked == ["pause", "resume"]


def test_a_run_is_stopped_from_another_terminal_after_a_question_and_its_own_view_tells_the_end(
    tuner: Tuner, open_terminal: Open
) -> None:
    with open_terminal("run", held_task(tuner)) as own:
        tuner.wait_for_event("LevelStarted")
        with open_terminal("attach") as other:
            other.sees("x stop")
            other.press("x")
            other.sees("Stop the run", "ends without a score")
            other.press("y")
            for terminal in (other, own):
                terminal.sees("stopped")
                terminal.press("q")
            assert other.ended() == own.ended() == 1
            assert "2 experiments not measured" in own.text and "resume" in own.text
    state = tuner.state()
    assert state.end is not None and state.end.reason == "stopped" and find_strays(state.host.token) == []


def test_a_run_in_trouble_waits_for_the_person_who_can_steer_it(tuner: Tuner, open_terminal: Open) -> None:
    load = stub_benchmark(tuner.folder, additional_params={"stub_exit": 3})
    values = {"tpot": {"type": "choice", "values": [0.01, 0.02, 0.03, 0.04]}}
    path = tuner.write_task(benchmark=load, parameters=values, optimization={"retries": 0})
    with open_terminal("run", path) as terminal:
        tuner.wait_for_event("Paused", by="surroundings")
        assert "failed 4" not in terminal.sees("paused by surroundings: ") and terminal.process.poll() is None
        terminal.press("x")
        terminal.sees("Stop the run")
        terminal.press("y")
        terminal.sees("stopped")
        terminal.press("q")
        assert terminal.ended() == 1
    assert tuner.state().counts()["failed"] == 3


def test_ctrl_c_in_the_own_view_stops_cleanly_and_the_next_run_may_begin_at_once(
    tuner: Tuner, open_terminal: Open
) -> None:
    with open_terminal("run", held_task(tuner)) as terminal:
        tuner.wait_for_event("LevelStarted")
        terminal.sees("x stop")
        terminal.press("\x03")
        terminal.sees("Stop the run and leave")
        terminal.press("\x03")
        assert terminal.ended() == 130
    state = tuner.state()
    assert state.end.signal == signal.SIGINT and state.resources == {} and find_strays(state.host.token) == []
    let_go(tuner).touch()
    again = tuner.run("run", tuner.folder / "task.json", "--no-ui")
    assert again.returncode == 0, again.stderr


def test_attach_without_a_terminal_gives_lines_or_every_event_and_the_runs_exit_code(tuner: Tuner) -> None:
    with tuner.start("run", held_task(tuner), "--no-ui") as process:
        tuner.wait_for_event("LevelStarted")
        with tuner.start("attach") as lines, tuner.start("attach", "--json") as events:
            said, streamed = lines.stderr.readline(), events.stdout.readline()  # both are attached
            let_go(tuner).touch()
            said, told, streamed = said + lines.stderr.read(), lines.stdout.read(), streamed + events.stdout.read()
            assert process.wait(120) == lines.wait(120) == events.wait(120) == 0
    assert "exp 1 scored" in said and "2 scored" in told and "\x1b" not in said
    seqs = [json.loads(line)["seq"] for line in streamed.splitlines()]
    assert seqs == [event.seq for event in tuner.events()]


def test_a_run_whose_host_was_killed_is_shown_with_how_to_go_on(tuner: Tuner, open_terminal: Open) -> None:
    with open_terminal("run", held_task(tuner)) as terminal:
        tuner.wait_for_event("LevelStarted")
        host_of(tuner).kill()
        terminal.sees("interrupted")
        terminal.press("q")
        assert terminal.ended() == 1
    with open_terminal("attach") as terminal:
        terminal.sees("interrupted", "no process has the run in hand")
        terminal.press("q")
        assert terminal.ended() == 1
        assert "no process has the run in hand" in terminal.text and "autotuner-tui resume " in terminal.text
    with open_terminal("resume") as terminal:
        tuner.wait_for_event("HostStarted", resumed=True)
        terminal.sees("D detach")
        terminal.press("D")
        assert terminal.ended() == 0


def test_a_night_in_which_everything_happens_ends_with_whole_results(tuner: Tuner, open_terminal: Open) -> None:
    """The terminal torn away, two others attached, steered from one, killed twice, resumed from a third."""
    values = [0.01, 0.02, 0.03, 0.04]
    path = held_task(tuner, parameters={"tpot": {"type": "choice", "values": values}})
    with open_terminal("run", path) as first:
        tuner.wait_for_event("LevelStarted")
        first.tear_away()
        first.ended()
    with open_terminal("attach") as one, open_terminal("attach") as two:
        one.sees("p pause", "S skip")
        one.press("p")
        two.sees("paused")
        let_go(tuner).touch()
        tuner.wait_for_event("RunNote", code="pause_is_complete")
        tuner.wait_for_event("AttemptEnded", outcome="scored")
        let_go(tuner).unlink()
        two.press("p")
        one.sees("running")
        wait_for(lambda: tuner.state().running, 120)
        host_of(tuner).kill()
        for terminal in (one, two):
            terminal.sees("interrupted")
            terminal.press("q")
        assert one.ended() == two.ended() == 1
    with open_terminal("resume") as third:
        tuner.wait_for_event("HostStarted", resumed=True)
        before = len(tuner.events())
        wait_for(lambda: any(event.type == "LevelStarted" for event in tuner.events()[before:]), 120)
        host_of(tuner).kill()
        third.sees("interrupted")
        third.press("q")
        assert third.ended() == 1
    let_go(tuner).touch()
    with open_terminal("resume") as fourth:
        fourth.sees("completed", "4/4")
        fourth.press("q")
        assert fourth.ended() == 0
        assert "4 scored" in fourth.text
    results = tuner.results()
    assert results["successful_experiments"] == results["total_experiments"] == len(values)
    assert sorted(row["parameters"]["tpot"] for row in results["all_results"]) == values
    scored = [e.experiment for e in tuner.events() if e.type == "AttemptEnded" and e.outcome == "scored"]
    assert len(scored) == len(set(scored)), "nothing that was finished was measured again"
    assert find_strays(tuner.state().host.token) == []


def test_the_task_that_was_checked_is_the_one_that_runs_also_from_a_pipe_and_with_secrets(
    tuner: Tuner, open_terminal: Open
) -> None:
    secret = "sk-secret-of-the-task"
    written = json.loads(held_task(tuner).read_text())
    written["local"]["env"] = {"ENGINE_API_KEY": secret}
    reader, writer = os.pipe()
    os.write(writer, json.dumps(written).encode())
    os.close(writer)
    with open_terminal("run", "-", stdin=reader) as terminal:
        os.close(reader)
        tuner.wait_for_event("LevelStarted")
        terminal.shows("Ctrl+C stops the run")
        assert not any(secret in word for word in host_of(tuner).cmdline())
        let_go(tuner).touch()
        assert terminal.ended() == 0
    finished(tuner)
    recorded = [file for file in (tuner.folder / "results").rglob("*") if file.is_file()]
    assert not [file for file in recorded if secret.encode() in file.read_bytes()]
