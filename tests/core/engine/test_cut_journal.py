"""A run goes on rightly from a journal that ends anywhere, whatever was torn away with the disk or the power."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import AttemptEnded, HostStarted, event_from_record
from autotuner_core.run.journal import Journal, read_journal
from autotuner_core.run.journal_health import JournalHealth, read_with_health
from autotuner_core.run.run_state import RunState
from tests.core.engine.places import Room, StubPlace

SPARE = ("task", "plan", "figures", "metrics")
TWO = {"a": {"type": "choice", "values": [1, 2]}}


def test_a_run_resumed_from_a_journal_that_ends_anywhere_measures_what_is_missing_and_no_more(tmp_path: Path) -> None:
    whole = Room(tmp_path / "whole", StubPlace(), parameters=TWO)
    whole.run()
    data = whole.folder.journal.read_bytes()
    ends = [0, *(at + 1 for at, byte in enumerate(data) if byte == ord("\n"))]
    middles = [(first + last) // 2 for first, last in pairwise(ends)]
    for size in sorted({*ends, *middles}):
        folder = tmp_path / str(size)
        journal = folder / whole.folder.journal.relative_to(tmp_path / "whole")
        journal.parent.mkdir(parents=True)
        journal.write_bytes(data[:size])
        room = Room(folder, StubPlace(), parameters=TWO)
        assert room.run().reason == "completed"
        assert list(room.statuses().values()) == ["success"] * 2, f"after a cut at byte {size}"
        kept = data[: data[:size].rfind(b"\n") + 1]
        assert journal.read_bytes().startswith(kept), f"lost what stood before byte {size}"
        events = read_journal(journal)
        scored = Counter(e.experiment for e in events if isinstance(e, AttemptEnded) and e.outcome == "scored")
        assert set(scored.values()) == {1}, f"measured again after a cut at byte {size}"
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


def crashes_with_2(order: DeployOrder, scope: Scope) -> None:
    if order.parameters["a"] == 2:
        raise ExperimentFailure(FailureCause.CRASH, "died", retry=False)


def as_written(lines: list[bytes]) -> tuple[list[int], dict[int, str | None], dict[int, int]]:
    """What these lines tell, read as plain JSON: the experiments in the order of their queue, how each last attempt
    ended (None where it has no end), and how many attempts each had."""
    queued, outcomes, attempts = [], {}, {}
    for record in map(json.loads, lines):
        number = record.get("experiment")
        if record["type"] == "ExperimentQueued":
            queued.append(number)
        elif record["type"] == "AttemptStarted":
            outcomes[number], attempts[number] = None, record["attempt"]
        elif record["type"] == "AttemptEnded":
            outcomes[number] = record["outcome"]
    return queued, outcomes, attempts


def small(journal: Path, path: Path) -> bytes:
    """The same events without what no decision looks at, which are the most of their bytes."""
    lean = Journal(path)
    for event in read_journal(journal):
        lean.record(replace(event, **{name: {} for name in SPARE if hasattr(event, name)}))
    lean.close()
    return path.read_bytes()


def check_decisions(state: RunState, kept: list[bytes]) -> None:
    """A run that was just taken in hand measures again what these lines do not tell the end of, and nothing else."""
    queued, outcomes, attempts = as_written(kept)
    statuses = {"scored": "success", "failed": "failed", None: "queued"}
    expected = {number: statuses[outcomes.get(number)] for number in queued}
    assert {number: experiment.status for number, experiment in state.experiments.items()} == expected
    assert [experiment.id for experiment in state.queue] == [n for n in queued if expected[n] == "queued"]
    assert {e.id: len(e.attempts) for e in state.experiments.values() if e.attempts} == attempts


def test_what_a_resume_decides_is_what_the_whole_lines_tell_at_whatever_byte_the_journal_was_cut(
    tmp_path: Path,
) -> None:
    whole = Room(tmp_path / "whole", StubPlace(crashes_with_2), parameters=TWO, benchmark={"num_concurrency": [1]})
    whole.run()
    data = small(whole.folder.journal, tmp_path / "small.jsonl")
    cut, decided = tmp_path / "journal.jsonl", None
    for size in range(len(data) + 1):
        cut.write_bytes(data[:size])
        kept = data[: data[:size].rfind(b"\n") + 1]
        events, health = read_with_health(cut)
        assert health == JournalHealth() and [event.seq for event in events] == list(range(1, kept.count(b"\n") + 1))
        journal = Journal(cut)
        taken = journal.record(HostStarted(pid=1, host="h", started=1.0, token="t", resumed=True))
        journal.close()
        written = cut.read_bytes()
        assert written.startswith(kept), f"lost what stood before byte {size}"
        assert event_from_record(json.loads(written[len(kept) :])) == taken and taken.seq == len(events) + 1
        if events != decided:  # the fold is pure: the same events give the same decisions
            check_decisions(RunState.of(read_journal(cut)), kept.splitlines())
            decided = events
