"""The journal keeps what it acknowledged, whatever happens to the process, the disk or the clock."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.journal import Journal, JournalFollower, JournalWriteError, read_journal


def some_events(count: int) -> list[ev.Event]:
    return [ev.RunNote(text=f"note {number} – ü") for number in range(count)]


def test_recorded_events_come_back_as_they_were(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    written = [
        journal.record(ev.ExperimentQueued(experiment=1, parameters={"tp": [1, None, "x", True]}, why="grid")),
        journal.record(ev.AttemptEnded(experiment=1, attempt=1, outcome="failed", cause="crash", evidence=("a", "b"))),
        journal.record(ev.LevelEnded(experiment=1, attempt=1, level=1, scenario="D(1,2)", concurrency=4, verdict="ok")),
    ]
    assert read_journal(journal.path) == written
    assert [event.seq for event in written] == [1, 2, 3]


def test_a_journal_cut_at_any_byte_gives_all_whole_events_and_can_be_continued(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    journal = Journal(whole)
    for event in some_events(4):
        journal.record(event)
    data = whole.read_bytes()
    for size in range(len(data) + 1):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(data[:size])
        lines = data[:size].count(b"\n")
        assert len(read_journal(cut)) == lines
        again = Journal(cut)
        again.record(ev.RunNote(text="after"))
        again.close()
        assert [event.seq for event in read_journal(cut)] == list(range(1, lines + 2))


def test_an_event_that_could_not_be_kept_leaves_no_half_line_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.record(ev.RunNote(text="kept"))
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JournalWriteError, match="No space left"):
        journal.record(ev.RunNote(text="lost"))
    monkeypatch.setattr(os, "fsync", real)
    journal.record(ev.RunNote(text="kept too"))
    texts = [event.text for event in read_journal(journal.path) if isinstance(event, ev.RunNote)]
    assert texts == ["kept", "kept too"]
    assert [event.seq for event in read_journal(journal.path)] == [1, 2]


def test_a_removed_folder_is_a_clear_failure(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.record(ev.RunNote(text="kept"))
    journal.path.unlink()
    with pytest.raises(JournalWriteError, match="removed"):
        journal.record(ev.RunNote(text="lost"))


def test_a_folder_that_cannot_be_written_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(JournalWriteError, match="cannot write"):
        Journal(tmp_path / "no such folder" / "journal.jsonl")


def test_infinity_never_reaches_the_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError, match="JSON compliant"):
        journal.record(ev.AttemptEnded(experiment=1, attempt=1, outcome="scored", score=float("inf")))
    assert journal.path.read_bytes() == b""


def test_events_of_a_newer_version_are_carried_along(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    new_type = {"v": 2, "seq": 1, "ts": 1.0, "type": "Teleported", "where": "moon"}
    new_field = {"v": 2, "seq": 2, "ts": 2.0, "type": "RunNote", "text": "hello", "mood": "fine"}
    path.write_text(json.dumps(new_type) + "\n" + json.dumps(new_field) + "\n")
    unknown, note = read_journal(path)
    assert isinstance(unknown, ev.UnknownEvent) and unknown.to_record() == new_type
    assert isinstance(note, ev.RunNote) and note.text == "hello"


def test_a_damaged_line_in_the_middle_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for event in some_events(2):
        journal.record(event)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b'{"type": "RunNote"}\n\x00\xff[]\n[1]\n' + second)
    follower = JournalFollower(path)
    assert [event.seq for event in follower.poll()] == [1, 2]
    assert follower.damaged == 3


def test_time_never_runs_backwards_when_the_clock_is_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    first = journal.record(ev.RunNote(text="a"))
    monkeypatch.setattr("time.time", lambda: first.ts - 3600)
    assert journal.record(ev.RunNote(text="b")).ts >= first.ts
    again = Journal(journal.path)
    assert again.record(ev.RunNote(text="c")).ts >= first.ts


def test_a_viewer_loses_nothing_while_several_threads_write(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    follower = JournalFollower(journal.path)
    writers = [threading.Thread(target=lambda: [journal.record(event) for event in some_events(50)]) for _ in range(4)]
    for writer in writers:
        writer.start()
    seen: list[ev.Event] = []
    while any(writer.is_alive() for writer in writers):
        seen += follower.poll()
    seen += follower.poll()
    assert [event.seq for event in seen] == list(range(1, 201))


def test_a_viewer_waits_for_the_rest_of_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    line = json.dumps(ev.RunNote(text="hello", seq=1).to_record()).encode() + b"\n"
    follower = JournalFollower(path)
    assert follower.poll() == []
    path.write_bytes(line[:10])
    assert follower.poll() == []
    path.write_bytes(line)
    assert [event.seq for event in follower.poll()] == [1]
    assert follower.damaged == 0


def test_nothing_is_acknowledged_behind_a_half_line_that_could_not_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.record(ev.RunNote(text="kept"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
        patch.setattr(os, "ftruncate", lambda descriptor, size: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
        with pytest.raises(JournalWriteError):
            journal.record(ev.RunNote(text="lost"))
    with pytest.raises(JournalWriteError):
        journal.record(ev.RunNote(text="would be unreadable"))
