"""The viewer of a run's folder: who comes late to a long run sees now, not hours of history."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import JournalFollower
from autotuner_tui.headless.json_lines import JsonLines
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.presenter import PlainLines
from autotuner_tui.headless.viewer import HISTORY_LINES, Viewer
from autotuner_tui.live.leaving import Leaving
from autotuner_tui.live.view import LiveView, ViewManner
from recordings import beginning, scored, stamped


def write(folder: RunFolder, events: Iterable[ev.Event]) -> None:
    with folder.journal.open("a") as file:
        file.writelines(json.dumps(event.to_record(), default=str) + "\n" for event in events)


@pytest.fixture
def long_run(tmp_path: Path) -> RunFolder:
    """200 experiments, of which 150 have been measured."""
    folder = RunFolder(tmp_path)
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


def test_a_record_that_cannot_be_read_for_a_while_ends_no_view(
    long_run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([OSError(116, "Stale file handle"), OSError(5, "Input/output error")])
    real = JournalFollower.poll

    def poll(self: JournalFollower) -> list[ev.Event]:
        if (error := next(answers, None)) is not None:
            raise error
        return real(self)

    view = LiveView(long_run, ViewManner())
    monkeypatch.setattr(JournalFollower, "poll", poll)
    monkeypatch.setattr(view, "_why_leave", lambda: Leaving.HOSTLESS if view._viewer.state.run_id else None)
    assert view.run() == 1
    told = capsys.readouterr().err
    assert "process 1 on here has not been heard of for a minute" in told and "the view failed" not in told
    assert "exp 1 scored" not in told, "it is not taken for new what was only read late"
