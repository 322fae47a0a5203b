"""A place that can take no more while others can, and a disk that fails: what a run can do without it does without, and
says so; what it cannot ends it in words. Nothing recorded is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.deploy.local import tiny_model
from autotuner_core.failures import PreflightError
from autotuner_core.run.events import AttemptEnded, LevelEnded
from disks import FullFiles, failing_disk, full_files, small_disk
from killing import LONGEST_RUN, Victim, check_whole, held_task, killed_task
from stub_load import late_benchmark
from waiting import wait_for

VALUES = (0.01, 0.02)
UNDISTURBED = {f'{{"ttft": {value}}}': round(value + 0.009, 5) for value in VALUES}
LONGEST_END = 240.0  # seconds


@pytest.fixture
def full(tmp_path: Path) -> Iterator[FullFiles]:
    with full_files(tmp_path / "full") as files:
        yield files


def causes(victim: Victim) -> set[str | None]:
    return {event.cause for event in victim.events() if isinstance(event, AttemptEnded)}


def notes(victim: Victim) -> set[str]:
    return {note.code for note in victim.state().notes}


def started(folder: Path, benchmark: Mapping[str, Any] | None = None, **changes: Any) -> Victim:
    """A run whose host was killed before its first experiment: its folder is there for the test to prepare."""
    ready = folder / "ready"
    load = late_benchmark(folder, ready, **(benchmark or {}))
    victim = Victim(folder, killed_task(VALUES, folder, benchmark=load, **changes))
    assert victim.kill_at(victim.begin(), lambda events: any(e.type == "HostStarted" for e in events))
    ready.touch()
    return victim


def fill(victim: Victim, full: FullFiles, *names: str, attempt: int = 1) -> None:
    """These files of every experiment's attempt can take nothing."""
    folder = victim.run_folder
    assert folder is not None
    for experiment in range(1, len(VALUES) + 1):
        for name in names:
            full.put(folder.attempt(experiment, attempt) / name)


def test_without_room_for_the_list_of_runs_and_the_results_file_a_run_is_measured_and_says_so(tmp_path: Path) -> None:
    victim = Victim(tmp_path, killed_task(VALUES, tmp_path))
    with small_disk(tmp_path / "state") as state, small_disk(victim.results) as results:
        with small_disk(victim.results / "kills"):
            state.fill()
            results.fill()
            assert victim.begin().wait(LONGEST_RUN) == 0, victim.said()
            assert {"not_in_index", "results_not_written"} <= notes(victim)
            assert "the disk is full" in victim.said() and "Traceback" not in victim.said()
            folder = victim.run_folder
            assert folder is not None and not folder.results_file.exists()
            assert list(victim.results.glob(".*.part")) == []
            command = [sys.executable, "-m", "autotuner_tui", "report", str(folder.root), "--json"]
            told = subprocess.run(command, env=victim.environment, capture_output=True, text=True, timeout=120)
            assert json.loads(told.stdout)["successful_experiments"] == len(VALUES), told.stderr
            results.mend()
            assert victim.start("resume", str(folder.root)).wait(120) == 2
            check_whole(victim, UNDISTURBED, [])


def test_without_room_for_logs_and_streams_a_run_measures_all_the_same(tmp_path: Path, full: FullFiles) -> None:
    metrics = [*killed_task(VALUES, tmp_path)["local"]["command"], "--metrics", "sglang"]
    telling = ["sh", "-c", 'echo "loading the model"; exec "$@" > /dev/null 2>&1', "sh", *metrics]
    victim = started(tmp_path, local={"command": telling}, benchmark={"additional_params": {"stub_seconds": 2}})
    kept = victim.recorded()
    fill(victim, full, "engine.log", "usage.jsonl", "engine_metrics.jsonl", "benchmark.log")
    assert victim.run_folder is not None
    full.put(victim.run_folder.host_log)
    victim.finish()
    assert "Traceback" not in victim.said() and full.are_empty()
    check_whole(victim, UNDISTURBED, [kept])
    measured = [e for e in victim.events() if isinstance(e, LevelEnded) and e.purpose == "measure"]
    assert any(level.engine for level in measured), "what engines tell of levels is kept"


def test_without_room_for_the_samples_a_run_ends_in_words_and_resume_measures_them(
    tmp_path: Path, full: FullFiles
) -> None:
    victim = started(tmp_path, optimization={"retries": 0})
    kept = victim.recorded()
    fill(victim, full, "samples.jsonl")
    assert victim.resume().wait(LONGEST_END) == 1, victim.said()
    assert "storage_full" in victim.said() and "Traceback" not in victim.said()
    assert causes(victim) == {"storage_full"}
    victim.seconds_until_all_is_gone()
    full.mend()
    victim.finish()
    check_whole(victim, UNDISTURBED, [kept])


def test_without_room_for_the_built_model_it_is_said_where_room_is_needed_and_nothing_half_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    with small_disk(cache, "128k") as disk:
        for fill in (lambda: None, disk.fill):  # with room for its first files, and for none
            fill()
            with pytest.raises(PreflightError, match="No space left on device") as refused:
                tiny_model.build()
            assert "Make room" in refused.value.cure and str(cache) in refused.value.message
            assert list((cache / "autotuner-tui").glob("tiny-model-*")) == []


@pytest.mark.parametrize("moment", ["AttemptStarted", "LevelStarted"])
def test_a_disk_that_becomes_read_only_ends_the_run_and_loses_nothing(tmp_path: Path, moment: str) -> None:
    with failing_disk(tmp_path / "disk", tmp_path / "image") as disk:
        victim = Victim(tmp_path, held_task(VALUES, tmp_path), disk.place / "results")
        process = victim.begin()
        try:
            wait_for(lambda: any(event.type == moment for event in victim.events()), what=moment)
            kept = b"".join(victim.recorded().splitlines(keepends=True)[:-1])  # the last one may not be on the disk yet
            disk.fail()
            victim.let_go(*VALUES)
            assert process.wait(LONGEST_END) == 1, victim.said()
        finally:
            process.kill()
        assert "Read-only file system" in victim.said() and "Traceback" not in victim.said()
        victim.seconds_until_all_is_gone()
        assert victim.recorded().startswith(kept)
        assert victim.start("resume").wait(120) == 2
        assert "read-only" in victim.said().lower(), "a resume that cannot write says so"
        disk.mend()
        victim.finish()
        check_whole(victim, UNDISTURBED, [kept])
