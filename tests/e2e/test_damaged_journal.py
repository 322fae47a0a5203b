"""A journal that was torn, damaged or written by a newer version: a run goes on rightly, or is refused in words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from killing import Victim, check_whole, killed_task

VALUES = (0.01, 0.02)
UNDISTURBED = {'{"ttft": 0.01}': 0.019, '{"ttft": 0.02}': 0.029}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of the journal of a whole run."""
    folder = tmp_path_factory.mktemp("calm")
    victim = Victim(folder, killed_task(VALUES, folder))
    victim.finish()
    return victim.recorded().splitlines(keepends=True)


def with_journal(folder: Path, lines: list[bytes]) -> Victim:
    """A run whose journal holds these lines; its host is gone."""
    victim = Victim(folder, killed_task(VALUES, folder))
    place = victim.results / "kills" / "ab12"
    place.mkdir(parents=True)
    (place / "journal.jsonl").write_bytes(b"".join(lines))
    return victim


def report(victim: Victim) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autotuner_tui", "report", "--results-dir", str(victim.results)]
    return subprocess.run(command, env=victim.environment, capture_output=True, text=True, timeout=120)


def place_of(lines: list[bytes], word: bytes) -> int:
    return next(at for at, line in enumerate(lines) if word in line)


@pytest.mark.parametrize("where", [b"ToolsFound", b"LevelEnded", b"AttemptEnded", b"RunEnded"])
def test_a_run_whose_journal_was_cut_in_a_line_goes_on(tmp_path: Path, finished: list[bytes], where: bytes) -> None:
    at = place_of(finished, where)
    victim = with_journal(tmp_path, [*finished[:at], finished[at][: len(finished[at]) // 2]])
    victim.finish()
    check_whole(victim, UNDISTURBED, [b"".join(finished[:at])])


def test_a_journal_cut_before_its_run_had_a_host_is_refused_in_words(tmp_path: Path, finished: list[bytes]) -> None:
    victim = with_journal(tmp_path, [*finished[:1], finished[1][:20]])
    assert victim.start("resume").wait(120) == 2
    assert "holds no run that was started; begin a new one" in victim.said()


@pytest.mark.parametrize("spoil", [lambda line: b"\0" * len(line), lambda line: line[: len(line) // 2]])
def test_a_damaged_line_costs_what_it_told_and_is_not_kept_quiet(
    tmp_path: Path, finished: list[bytes], spoil: Callable[[bytes], bytes]
) -> None:
    at = place_of(finished, b"AttemptEnded")
    victim = with_journal(tmp_path, [*finished[:at], spoil(finished[at][:-1]) + b"\n", *finished[at + 1 : -1]])
    told = report(victim)
    assert told.returncode == 0 and "the journal is damaged: 1 line could not be read, 1 event missing" in told.stderr
    victim.finish()
    assert victim.configurations() == UNDISTURBED
    assert [note.code for note in victim.state().notes].count("journal_damaged") == 1


def test_a_journal_of_a_newer_version_is_read_and_never_written(tmp_path: Path, finished: list[bytes]) -> None:
    newer = finished[-1].replace(b'"v":1', b'"v":2').replace(b"RunEnded", b"RunFrozen")
    victim = with_journal(tmp_path, [*finished[:-1], newer])
    before = victim.recorded()
    assert victim.start("resume").wait(120) == 2
    assert "a newer version of autotuner-tui recorded run" in victim.said() and victim.recorded() == before
    told = report(victim)
    assert told.returncode == 0 and "RunFrozen" in told.stderr and "ttft" in told.stdout
