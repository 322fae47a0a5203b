"""What several load generators of one level agree on, as processes of their own, without genai-bench."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.benchmark.warm import LAUNCHER


@pytest.fixture(scope="module")
def launcher() -> Any:
    spec = importlib.util.spec_from_file_location("autotuner_launcher", LAUNCHER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tell(descriptor: int, text: object) -> None:
    os.write(descriptor, f"{text}\n".encode())


class Others:
    """Forks the other members of a team, which do something with it and tell lines; this process is the first."""

    def __init__(self, team: Any, act: Callable[[Any, Callable[[object], None]], None]) -> None:
        self.said, saying = os.pipe()
        self.pids = []
        for rank in range(1, team.size):
            pid = os.fork()
            if pid == 0:
                try:
                    team.join(rank)
                    act(team, lambda text: _tell(saying, text))
                finally:
                    os._exit(0)
            self.pids.append(pid)
        os.close(saying)
        team.join(0)

    def lines(self) -> list[str]:
        """All that they told, when they have all ended."""
        with os.fdopen(self.said) as file:
            told = file.read().splitlines()
        for pid in self.pids:
            os.waitpid(pid, 0)
        return told


def test_no_request_is_counted_twice_or_missed(launcher: Any) -> None:
    def count(team: Any, say: Callable[[object], None]) -> None:
        for _ in range(300):
            say(team.count("done"))

    team = launcher.Team(4)
    others = Others(team, count)
    own = [team.count("done") for _ in range(300)]
    counted = Counter([*map(int, others.lines()), *own])
    assert counted == Counter(range(1, 1201))
    assert team.count("begun") == 1


def test_none_begins_before_all_are_ready(launcher: Any) -> None:
    def begin(team: Any, say: Callable[[object], None]) -> None:
        team.start_together()
        say("begun")

    team = launcher.Team(3)
    others = Others(team, begin)
    assert select.select([others.said], [], [], 0.2)[0] == []
    team.start_together()
    assert others.lines() == ["begun"] * 2


def test_the_first_reason_for_the_end_is_everybodys(launcher: Any) -> None:
    def end(team: Any, say: Callable[[object], None]) -> None:
        select.select([team.over[0]], [], [])  # as `watch` waits for it
        say(team.end("time", 99.0))

    team = launcher.Team(3)
    others = Others(team, end)
    assert team.end("requests", 12.5) == ("requests", 12.5)
    assert others.lines() == ["('requests', 12.5)"] * 2


def test_the_first_gets_what_all_others_measured_or_leaves(launcher: Any) -> None:
    def measure(team: Any, say: Callable[[object], None]) -> None:
        team.hand_over([f"{team.rank}-{number}" for number in range(3)])

    team = launcher.Team(3)
    others = Others(team, measure)
    assert sorted(team.handed_over()) == ["1-0", "1-1", "1-2", "2-0", "2-1", "2-2"]
    others.lines()


def test_one_that_dies_at_any_moment_holds_nobody_up(launcher: Any) -> None:
    def die_in_the_middle(team: Any, say: Callable[[object], None]) -> None:
        with team._locked():
            os.kill(os.getpid(), signal.SIGKILL)

    team = launcher.Team(2)
    others = Others(team, die_in_the_middle)
    others.lines()
    team.start_together()
    assert team.count("done") == 1
    pid = os.fork()
    if pid == 0:
        team.handed_over()  # leaves by itself: one has not handed over
        os._exit(0)
    os.close(team.finished[1])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == launcher.EXIT_TEAM_LOST
