"""Faults of the screen are told with what there is to mend them; what an attempt's files hold is no reason for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.app import AutotunerApp
from autotuner_tui.bridge import RunBridge
from autotuner_tui.cli.crash import save_traceback
from autotuner_tui.cli.exits import NO_WINNER, USAGE
from autotuner_tui.cli.main import main
from autotuner_tui.live.why import Leaving
from autotuner_tui.settings import Settings
from autotuner_tui.streams.attempt import AttemptStream
from autotuner_tui.streams.attempt_files import AttemptFiles
from on_screen import until
from recorded_run import Driven, driven, recorded
from recordings import TASK, beginning, scored

EVENTS = [*beginning(2), *scored(1, 100.0)]


def _broken(*_: Any) -> Any:
    raise RuntimeError("a bug in here")


async def _broken_later(*_: Any) -> None:
    _broken()


def _saved_fault(folder: RunFolder, does: Callable[[AutotunerApp], object]) -> str:
    """What is saved of the fault with which the program ends."""

    async def run() -> Exception:
        app = AutotunerApp(lambda app: app.open_run(folder), Settings())
        async with app.run_test(size=(160, 45)) as pilot:
            does(app)
            await until(pilot, lambda: app.fault, what=lambda: "the fault")
        assert app.return_value is Leaving.BROKEN and app.fault is not None
        return app.fault

    place = save_traceback(asyncio.run(run()))
    assert place is not None
    return place.read_text()


def test_a_bug_in_the_thread_that_reads_ends_the_screen_instead_of_leaving_it_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunBridge, "_look_now", _broken)
    assert "in _broken" in _saved_fault(recorded(tmp_path, EVENTS), lambda app: None)


def test_of_a_bug_in_work_beside_the_screen_the_traceback_is_saved(tmp_path: Path) -> None:
    def begin(app: AutotunerApp) -> None:
        app.run_worker(_broken_later())

    assert "in _broken_later" in _saved_fault(recorded(tmp_path, EVENTS), begin)


ODD_LEVELS = """\
{"kind": "level"}
{"kind": "level", "mono": 1, "level": "a"}
{"kind": "level", "mono": 1, "level": 1, "concurrency": null}
{"kind": "level", "mono": 1, "level": Infinity, "concurrency": NaN}
{"kind": "level", "mono": 1.0, "level": 1, "scenario": "D(1,1)", "concurrency": 2}
[1]
"""


def test_samples_of_a_newer_version_cost_the_charts_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl").write_text(ODD_LEVELS)
    stream = AttemptStream(1, 1, tmp_path)
    stream.read()
    assert stream.course is not None and (stream.course.level, stream.course.concurrency) == (1, 2)
    assert [spread.level for spread in AttemptFiles(tmp_path).read()[1]] == [1]


def test_of_a_run_whose_host_died_time_and_cost_stand_still(tmp_path: Path) -> None:
    async def does(screen: Driven) -> None:
        await screen.sees("interrupted", "00:00:05")

    deploying = ev.StageChanged(experiment=1, attempt=1, stage="deploying")
    events = [*beginning(2), ev.AttemptStarted(experiment=1, attempt=1), deploying]
    driven(recorded(tmp_path, events), does)


@pytest.mark.parametrize("ended", [False, True])
def test_who_looks_at_a_run_whose_folder_was_moved_is_told_that_and_not_to_go_on_with_it(
    tmp_path: Path, ended: bool
) -> None:
    folder = recorded(tmp_path, [*EVENTS, *([ev.RunEnded(reason="stopped")] if ended else [])])
    elsewhere = tmp_path / "moved"

    async def does(screen: Driven) -> None:
        await screen.sees("p goes on with")
        folder.root.rename(elsewhere)
        await screen.sees("folder is gone", "autotuner-tui attach")
        assert "p goes on" not in screen.text and "no process has" not in screen.text
        assert not screen.app.runs[0].situation().resumable
        elsewhere.rename(folder.root)
        await screen.sees("p goes on with")

    driven(folder, does)


NEWER = {**TASK, "optimization": {"objective": {"metric": "joules_per_token", "direction": "minimize"}}}


@pytest.mark.parametrize("task", [NEWER, {**TASK, "optimization": {"objective": 1.5}}])
def test_a_run_whose_objective_is_unknown_here_is_shown_without_its_ranking(
    tmp_path: Path, task: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    begun, *others = EVENTS
    assert isinstance(begun, ev.RunStarted)
    folder = recorded(tmp_path, [replace(begun, task=task), *others, ev.RunEnded(reason="completed")])

    async def does(screen: Driven) -> None:
        await screen.sees("completed", "slots")
        await screen.press("v")
        await screen.sees("the ranking will stand here")

    driven(folder, does)
    assert main(["report", str(folder.root)]) == USAGE
    assert "cannot be told" in capsys.readouterr().err
    assert main(["attach", str(folder.root)]) == NO_WINNER
    assert "fault of the program" not in capsys.readouterr().err


def test_a_run_whose_host_died_before_it_could_say_that_all_is_measured_can_be_ended_by_its_key(tmp_path: Path) -> None:
    async def does(screen: Driven) -> None:
        await screen.sees("p goes on with the run", "1/1")
        assert screen.app.runs[0].situation().resumable

    driven(recorded(tmp_path, [*beginning(1), *scored(1, 100.0)]), does)
