"""The viewer of a run's folder: who comes late to a long run sees now, not hours of history."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.locks import FileLock
from autotuner_core.steer.client import NoHost, ask
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines
from autotuner_tui.headless.viewer import HISTORY_LINES, Viewer
from autotuner_tui.live import host_look
from autotuner_tui.live import view as view_module
from autotuner_tui.live.view import LinesOfRun, ViewManner
from recordings import beginning, scored, stamped


def write(folder: RunFolder, events: Iterable[ev.Event]) -> None:
    with folder.journal.open("a") as file:
        file.writelines(json.dumps(event.to_record(), default=str) + "\n" for event in events)


@pytest.fixture
def long_run(tmp_path: Path) -> RunFolder:
    """200 experiments, of which 150 have been measured."""
    folder = RunFolder(tmp_path / "run")
    folder.root.mkdir()
    write(folder, stamped([*beginning(200), *(event for n in range(1, 151) for event in scored(n, 100.0 + n))]))
    return folder


def test_of_a_long_history_only_the_last_lines_are_told_and_then_what_is_new(long_run: RunFolder) -> None:
    stream = io.StringIO()
    viewer = Viewer(long_run, PlainLines(Outlet(stream)))
    viewer.catch_up()
    lines = stream.getvalue().splitlines()
    assert len(lines) == HISTORY_LINES + 1
    assert "run ab12 of task chat; the latest of it:" in lines[0]
    assert "exp 150 scored" in lines[-1] and "best so far" in lines[-1], "told with what was known then"
    assert viewer.state.counts()["success"] == 150, "but all of it is known"
    write(long_run, [ev.RunNote(seq=9999, ts=1.0, text="new")])
    viewer.take_new()
    assert [line[21:] for line in stream.getvalue().splitlines()[HISTORY_LINES + 1 :]] == ["note: new"]


def test_events_for_a_program_are_all_given_also_to_who_comes_late(long_run: RunFolder) -> None:
    out = io.StringIO()
    Viewer(long_run, PlainLines(Outlet(None)), JsonLines(Outlet(out))).catch_up()
    assert [json.loads(line)["seq"] for line in out.getvalue().splitlines()] == list(range(1, 203 + 150 * 9))


def level_under_way(folder: RunFolder) -> None:
    """Experiment 151 measures: its samples are followed, too."""
    begun = [
        ev.AttemptStarted(experiment=151, attempt=1),
        ev.LevelStarted(experiment=151, attempt=1, level=0, scenario="D(1,1)", concurrency=1),
    ]
    write(folder, stamped(begun))
    attempt = folder.attempt(151, 1)
    attempt.mkdir(parents=True)
    (attempt / "samples.jsonl").write_text("")


@pytest.mark.parametrize(("held", "away_at"), [(True, 0), (True, 1), (False, 0)])
def test_a_folder_that_is_away_for_a_while_ends_no_view_and_no_wrong_advice_is_given(
    long_run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], held: bool, away_at: int
) -> None:
    """A file stands in the folder's place: what is below it cannot be read, and is not missing either."""
    level_under_way(long_run)
    lock = FileLock(long_run.host_lock, "ab12")
    if held:
        lock.acquire()
    root, aside = long_run.root, long_run.root.with_name("aside")
    view, turns = LinesOfRun(long_run, ViewManner()), itertools.count()

    def next_turn(seconds: float = 0) -> bool:
        if (turn := next(turns)) == away_at:
            root.rename(aside)
            root.write_text("")
        elif turn == away_at + 3:
            root.unlink()
            aside.rename(root)
        elif turn == away_at + 4:
            lock.release()
        return False

    monkeypatch.setattr(host_look, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(view._wake, "wait", next_turn)
    next_turn()
    assert view.run() == 1
    assert root.is_dir(), "the view went on until the folder was back"
    told = capsys.readouterr().err
    assert "the view failed" not in told and told.count("cannot be read now") == 1
    assert "process 1 on here has not been heard of for a minute" in told, "known from the record, once it was back"
    assert "exp 1 scored" not in told, "it is not taken for new what was only read late"


def test_a_folder_that_is_away_when_the_run_has_ended_is_no_fault_of_the_view(
    long_run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(long_run, [ev.RunEnded(seq=9999, ts=1.0, reason="completed")])
    view = LinesOfRun(long_run, ViewManner())
    view._take_new()
    long_run.root.rename(long_run.root.with_name("aside"))
    long_run.root.write_text("")
    monkeypatch.setattr(view_module, "LAST_LOOK_SECONDS", 0.0)
    assert view.run() == 0
    assert "the view failed" not in capsys.readouterr().err


@pytest.mark.parametrize("what", ["lock", "journal"])
def test_where_the_record_cannot_be_read_a_command_is_told_to_try_again(long_run: RunFolder, what: str) -> None:
    path = long_run.host_lock if what == "lock" else long_run.journal
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(NoHost, match=r"cannot be read now .*: try again"):
        ask(long_run, "pause")
