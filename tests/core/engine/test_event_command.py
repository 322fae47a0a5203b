"""`--on-event`: a user who asked to be told is told of everything, in order, and the run never notices."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.control import Control
from autotuner_core.deploy.orphans import find_orphans
from autotuner_core.deploy.strays import find_strays
from autotuner_core.engine import event_command as module
from autotuner_core.engine.event_command import EventCommand, command_of_words, event_command
from autotuner_core.engine.ledger import Ledger
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal, read_journal
from autotuner_core.run.run_state import RunState
from waiting import wait_for

TOKEN = f"test-{uuid.uuid4().hex}"  # others may run these tests on this machine


class Told:
    """A journal, and a shell script that is started for each of its events; `$1` is a file of the script's own."""

    def __init__(self, folder: Path, script: str, after: int = 0) -> None:
        self.journal = Journal(folder / "journal.jsonl")
        self.file, self.output = folder / "told", folder / "on_event.log"
        self.notes: list[str] = []
        command = ["/bin/sh", "-c", script, "script", str(self.file)]
        self.command = EventCommand(
            command, self.journal.path, self.output, token=TOKEN, after=after, note=self.notes.append
        )

    def happen(self, *texts: str) -> None:
        for text in texts:
            self.journal.record(ev.RunNote(text=text))

    @property
    def lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


Make = Callable[..., Told]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    yield lambda script, after=0: Told(tmp_path, script, after)
    assert find_strays(TOKEN) == [], "something was left running"


def test_every_event_arrives_whole_and_in_order(make: Make) -> None:
    told = make('cat >> "$1"')
    told.happen("before the start", 'quotes " and \n lines', "ümläute")
    told.command.start()
    told.happen(*map(str, range(10)), "x" * 300_000)
    told.command.finish()
    assert [json.loads(line) for line in told.lines] == [
        json.loads(line) for line in told.journal.path.read_text().splitlines()
    ]
    assert told.command.delivered == 14 and not told.notes


def test_half_a_character_in_an_event_is_told_and_silences_nothing(make: Make) -> None:
    told = make('cat >> "$1"')
    told.happen("a file named \udcff", "next")
    told.command.start()
    told.command.finish()
    assert [json.loads(line)["text"] for line in told.lines] == ["a file named \udcff", "next"]
    assert told.command.failed == 0


def test_an_event_that_cannot_be_told_is_counted_told_once_and_silences_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    line_of = module._line

    def broken(event: ev.Event) -> bytes:
        if event.seq < 3:
            raise ValueError("no such thing was foreseen")
        return line_of(event)

    monkeypatch.setattr(module, "_line", broken)
    told = make('cat >> "$1"')
    told.command.start()
    told.happen("a", "b", "c")
    wait_for(lambda: told.lines, what="the third event")
    told.command.finish()
    assert [json.loads(line)["text"] for line in told.lines] == ["c"]
    assert told.command.failed == 2 and len(told.notes) == 1 and "no such thing was foreseen" in told.notes[0]


def test_a_resumed_run_tells_only_what_is_new(make: Make) -> None:
    told = make('cat >> "$1"', after=2)
    told.happen("a", "b", "c")
    told.command.start()
    told.command.finish()
    assert [json.loads(line)["text"] for line in told.lines] == ["c"]


def test_an_event_is_told_while_the_run_goes_on(make: Make) -> None:
    told = make('cat >> "$1"')
    told.command.start()
    told.happen("now")
    wait_for(lambda: told.lines, what="the event")
    told.command.finish()


def test_a_command_that_reads_nothing_gets_its_events_all_the_same(make: Make) -> None:
    told = make('echo called >> "$1"')
    told.happen("x" * 300_000, "short")
    told.command.start()
    told.command.finish()
    assert told.lines == ["called", "called"]


def test_failures_are_noted_once_and_counted(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    told = make("echo went wrong; exit 3")
    told.command.start()
    told.happen("a")
    wait_for(lambda: told.notes, what="the note")
    told.happen("b", "c")
    with caplog.at_level("WARNING", logger="autotuner_core"):
        told.command.finish()
    (note,) = told.notes
    assert "exit code 3" in note and str(told.output) in note and "sh" in note
    assert told.output.read_text() == "went wrong\n" * 3
    assert "3 calls failed" in caplog.text


def test_a_note_about_a_failure_does_not_make_further_notes(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    ledger = Ledger(Journal(folder.journal), RunState(), Control())
    ledger.record(ev.RunStarted(run_id="ab12", task={}, plan={}))
    command = event_command(("/bin/false",), folder, TOKEN, ledger)
    assert command is not None
    command.start()
    wait_for(lambda: command.failed >= 2, what="the event and the note about it")
    command.finish()
    assert [event.type for event in read_journal(folder.journal)] == ["RunStarted", "RunNote"]


def test_a_program_that_vanishes_in_the_middle_is_a_failure_in_words(make: Make, tmp_path: Path) -> None:
    told = make("true")
    told.command._command[:] = [str(tmp_path / "gone")]
    told.command.start()
    told.happen("a")
    wait_for(lambda: told.notes, what="the note")
    told.command.finish()
    assert "cannot be started: No such file" in told.notes[0]


def test_a_command_that_hangs_is_killed_with_what_it_started(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.3)
    told = make('echo begun >> "$1"; sleep 1000 & sleep 1000')
    told.command.start()
    told.happen("a")
    wait_for(lambda: told.notes, what="the note")
    told.command.finish()
    assert "had not ended" in told.notes[0] and "was killed" in told.notes[0]


def test_the_end_is_told_also_where_the_command_is_far_behind(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.0)
    told = make('sleep 0.2; cat >> "$1"')
    told.happen(*map(str, range(50)))
    told.journal.record(ev.RunEnded(reason="completed"))
    told.command.start()
    told.command.finish()
    assert json.loads(told.lines[-1])["type"] == "RunEnded"
    assert told.command.delivered + told.command.failed + told.command.passed_over == 51


def test_who_leaves_at_once_waits_for_no_command(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 600.0)
    told = make('echo begun >> "$1"; sleep 1000')
    told.command.start()
    told.happen("a", "b")
    wait_for(lambda: told.lines, what="the call")
    told.command.finish(hurry=lambda: True)
    assert told.command.delivered == 0


def test_a_command_that_falls_behind_keeps_no_endless_list(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BEHIND", 3)
    told = make('cat >> "$1"')
    told.happen(*map(str, range(20)))
    told.command.start()
    told.command.finish()
    assert [json.loads(line)["text"] for line in told.lines] == ["17", "18", "19"]
    assert told.command.passed_over == 17


def test_it_is_found_by_the_runs_token_where_its_host_was_killed(make: Make) -> None:
    told = make('echo begun >> "$1"; exec sleep 1000')
    told.command.start()
    told.happen("a")
    wait_for(lambda: [stray.command for stray in find_strays(TOKEN)] == ["sleep 1000"], what="the call to be found")
    told.command.finish(hurry=lambda: True)


HOST = """
import pathlib, sys, time
from autotuner_core.engine.event_command import EventCommand
from autotuner_core.run.events import RunNote
from autotuner_core.run.journal import Journal
place, token = pathlib.Path(sys.argv[1]), sys.argv[2]
Journal(place / "journal").record(RunNote(text="a"))
command = ["/bin/sh", "-c", "exec sleep 60"]
EventCommand(command, place / "journal", place / "log", token=token, after=0, note=print).start()
time.sleep(60)
"""


def test_it_is_found_by_clean_where_its_host_was_killed(tmp_path: Path) -> None:
    token = f"test{uuid.uuid4().hex[:4]}-{uuid.uuid4().hex[:16]}"
    with subprocess.Popen([sys.executable, "-c", HOST, str(tmp_path), token]) as host:
        try:
            wait_for(lambda: [s.command for s in find_strays(token)] == ["sleep 60"], what="the call")
        finally:
            host.kill()
            host.wait()
    mine = [orphan for orphan in find_orphans() if orphan.run_id == token.partition("-")[0]]
    assert [orphan.stray.command for orphan in mine] == ["sleep 60"]
    assert all(orphan.end() for orphan in mine)


def test_a_command_is_split_as_a_shell_would_and_no_shell_is_asked(tmp_path: Path) -> None:
    program = tmp_path / "notify me.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert command_of_words(f"'{program}' 'to the team' $HOME; rm") == (str(program), "to the team", "$HOME;", "rm")
    assert command_of_words("sh -c true")[0].startswith("/")


def test_a_program_named_by_a_relative_path_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notify.sh").write_text("#!/bin/sh\n")
    (tmp_path / "notify.sh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert command_of_words("./notify.sh") == (str(tmp_path / "notify.sh"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no program"),
        ("no-such-program-here", "no such program"),
        ("sh 'open", "not a command"),
        ("/tmp", "no such"),
    ],
)
def test_what_is_no_command_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        command_of_words(text)
