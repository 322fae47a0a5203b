"""A run goes on rightly from a journal that ends anywhere, whatever was torn away with the disk or the power."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from autotuner_core.run.events import AttemptEnded
from autotuner_core.run.journal import read_journal
from tests.core.engine.places import Room, StubPlace

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
