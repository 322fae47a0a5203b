"""The host is killed with SIGKILL at chosen moments: what was finished stays and is not measured again, what was under
way is begun again, nothing is left running, and the results are those of a run that nobody disturbed."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.deploy.strays import end_strays
from autotuner_core.run.events import Event, ExperimentQueued, HostStarted, RunStarted
from killing import Victim, check_whole, held_task, killed_task
from waiting import wait_for

VALUES = (0.01, 0.02, 0.03)


def seen(*wanted: type[Event] | str, times: int = 1, **fields: Any) -> Callable[[Sequence[Event]], bool]:
    """When the journal has so many events of these types with these fields."""
    names = {kind if isinstance(kind, str) else kind.type for kind in wanted}

    def met(events: Sequence[Event]) -> bool:
        fitting = [e for e in events if e.type in names and all(getattr(e, n) == v for n, v in fields.items())]
        return len(fitting) >= times

    return met


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("calm")
    calm = Victim(folder, killed_task(VALUES, folder))
    calm.finish()
    return calm


@pytest.fixture
def undisturbed(calm: Victim) -> dict[str, float]:
    """Its configurations and scores."""
    return calm.configurations()


@pytest.fixture
def victim(tmp_path: Path, calm: Victim) -> Victim:
    """A run whose last experiment is not let go: at whatever moment it is killed, it has not ended before."""
    victim = Victim(tmp_path, held_task(VALUES, tmp_path))
    order = [event.parameters["ttft"] for event in calm.events() if isinstance(event, ExperimentQueued)]
    victim.let_go(*order[:-1])
    return victim


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(seen(RunStarted), id="before it has a host"),
        pytest.param(seen(HostStarted), id="preparing"),
        pytest.param(seen(ExperimentQueued, times=2), id="while experiments are queued"),
        pytest.param(seen("StageChanged", stage="waiting", times=2), id="while an engine starts"),
        pytest.param(seen("LevelStarted", times=2), id="under load"),
        pytest.param(seen("StageChanged", stage="cleaning_up", times=2), id="cleaning up"),
    ],
)
def test_a_run_killed_at_this_moment_is_finished_by_resume(
    victim: Victim, undisturbed: dict[str, float], moment: Callable[[Sequence[Event]], bool]
) -> None:
    assert victim.kill_at(victim.begin(), moment)
    kept = victim.recorded()
    victim.seconds_until_all_is_gone()
    victim.let_go(*VALUES)
    victim.finish()
    check_whole(victim, undisturbed, [kept])


def test_a_resume_killed_twice_as_it_takes_the_run_in_hand_loses_nothing(
    victim: Victim, undisturbed: dict[str, float]
) -> None:
    kept = []
    assert victim.kill_at(victim.begin(), seen("LevelStarted", times=2))
    for hosts in (2, 3):
        kept.append(victim.recorded())
        assert victim.kill_at(victim.resume(), seen(HostStarted, times=hosts))
    victim.let_go(*VALUES)
    victim.finish()
    check_whole(victim, undisturbed, kept)


def test_a_run_killed_at_random_moments_loses_nothing(victim: Victim, undisturbed: dict[str, float]) -> None:
    chance, kept = random.Random(11), []
    process = victim.begin()
    while victim.kill_at(process, chance.uniform(0.3, 1.0)) and len(kept) < 3:
        kept.append(victim.recorded())
        process = victim.resume()
    victim.let_go(*VALUES)
    victim.finish()
    check_whole(victim, undisturbed, kept)


def test_an_engine_that_left_its_group_is_found_and_ended_by_resume(
    undisturbed: dict[str, float], tmp_path: Path
) -> None:
    """No watchdog reaches a worker with a session of its own; it may hold a GPU."""
    engine = killed_task(VALUES, tmp_path)["local"]["command"]
    escaping = ["sh", "-c", 'setsid sleep 120 & exec "$@"', "sh", *engine]
    victim = Victim(tmp_path, held_task(VALUES, tmp_path, local={"command": escaping}))
    try:
        assert victim.kill_at(victim.begin(), seen("LevelStarted"))
        kept = victim.recorded()
        assert "orphans" in notes_of(another_run(tmp_path)), "who measures beside it must know"
        victim.let_go(*VALUES)
        victim.finish()
        check_whole(victim, undisturbed, [kept])
        assert "stray" in notes_of(victim)
    finally:
        if (host := victim.state().host) is not None:
            end_strays(host.token, grace=0)


def test_a_host_that_was_stopped_for_a_while_goes_on_by_itself(tmp_path: Path, undisturbed: dict[str, float]) -> None:
    """A level ends under it meanwhile."""
    victim = Victim(tmp_path, held_task(VALUES, tmp_path))
    process = victim.begin()
    try:
        samples = wait_for(lambda: next(victim.results.glob("kills/*/exp*/attempt1/samples.jsonl"), None))
        wait_for(lambda: '"level"' in samples.read_text(), what="a level")
        process.send_signal(signal.SIGSTOP)
        victim.let_go(*VALUES)
        wait_for(lambda: '"level_end"' in samples.read_text(), what="its end")
        process.send_signal(signal.SIGCONT)
        assert process.wait(120) == 0
    finally:
        process.kill()
    check_whole(victim, undisturbed, [])


def test_what_an_engine_printed_before_its_host_was_killed_is_cleared_of_secrets_by_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE_API_KEY", "hush-hush-hush")
    engine = killed_task(VALUES, tmp_path)["local"]["command"]
    telling = ["sh", "-c", 'echo "key: $ENGINE_API_KEY"; exec "$@"', "sh", *engine]
    victim = Victim(tmp_path, held_task(VALUES[:2], tmp_path, local={"command": telling}))
    assert victim.kill_at(victim.begin(), seen("LevelStarted"))
    logs = victim.results.glob("kills/*/exp*/attempt1/engine.log")
    assert any("hush-hush-hush" in log.read_text() for log in logs)
    victim.let_go(*VALUES)
    victim.finish()
    told = [log.read_text() for log in victim.results.glob("kills/*/exp*/attempt*/engine.log")]
    assert len(told) == 3 and all("key: ***" in text for text in told)


def another_run(folder: Path) -> Victim:
    """A run begun and ended in a folder of its own."""
    place = folder / "another"
    place.mkdir()
    other = Victim(place, killed_task(VALUES[:1], place))
    other.finish()
    return other


def notes_of(victim: Victim) -> list[str]:
    """The codes of what the run was told, each once; that a machine of few cores shares them is nothing of a kill."""
    return sorted({note.code for note in victim.state().notes} - {"cores_shared"})


def test_results_that_a_killed_host_could_not_write_any_more_are_written_by_resume(calm: Victim) -> None:
    before, file = calm.configurations(), calm.results / "kills_results.json"
    file.unlink()
    assert calm.resume().wait(120) == 2
    assert "is complete" in calm.said() and calm.configurations() == before
    another = file.read_text().replace(calm.state().run_id, "zzzz")
    file.write_text(another)
    assert calm.resume().wait(120) == 2
    assert file.read_text() == another, "a newer run's results are not overwritten by an older one's"
    file.unlink()
    calm.resume().wait(120)
