"""Keys that come in one piece reach the panel they are meant for; what a person must read is not what is cut first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import Key

import recordings as rec
from autotuner_core.report.ranker import ranking_of
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.streams import StreamsNow
from autotuner_tui.views.experiment import head_lines as experiment_head
from autotuner_tui.views.head import head_lines
from autotuner_tui.views.notice import notice_lines
from autotuner_tui.views.result_text import summary_lines
from autotuner_tui.views.scores import entries_of
from autotuner_tui.views.workloads import workload_lines
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.lines import texts
from autotuner_tui.widgets.log_view import LogView
from autotuner_tui.widgets.prompt import Prompt
from autotuner_tui.widgets.table import Table
from recorded_run import Driven, driven, recorded

UNDER_WAY = ev.AttemptStarted(experiment=2, attempt=1)
LONG = "tune-the-whole-fleet-for-throughput-in-production"


def named(name: str) -> RunState:
    first, *others = rec.stamped(rec.beginning())
    assert isinstance(first, ev.RunStarted)
    return RunState.of([replace(first, task={**rec.TASK, "task_name": name}), *others])


def test_a_key_typed_right_after_a_panel_s_goes_to_that_panel(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*rec.beginning(), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        driver, screen = run.app._driver, run.app.screen
        assert driver is not None
        for key, character in (("4", "4"), ("slash", "/")):
            driver.send_message(Key(key, character))
        await run.until(lambda: screen.query_one(Prompt).has_focus_within, "the log's search")
        assert not screen.query_one("#experiments", Table).foot()

    driven(folder, does)


def test_the_footer_names_the_keys_of_the_panel_that_has_just_got_the_focus(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*rec.beginning(), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        screen, footer = run.app.screen, run.app.screen.query_one(Footer)
        await run.until(lambda: "sort" in "".join(texts(footer._shown)), "the table's keys")
        screen.set_focus(screen.query_one(LogView))
        assert "follow" in "".join(texts(footer._shown))

    driven(folder, does)


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("standing", ["running", "interrupted", "stopping at once"])
def test_run_and_standing_are_readable_however_long_the_task_s_name_is(width: int, standing: str) -> None:
    (shown, _) = texts(head_lines(named(LONG), rec.BEGAN + 9, standing, width))
    assert len(shown) == width
    assert f" run ab12  {standing} " in shown and "tun" in shown
    assert not shown[: shown.index("run ab12")].endswith("  …")


def test_what_to_do_with_a_stopped_run_is_said_whole_on_a_narrow_terminal() -> None:
    state = RunState.of(rec.stamped([*rec.beginning(), ev.RunEnded(reason="stopped")]))
    shown = texts(notice_lines(state, "stopped", "", "", 40))
    assert all(len(line) <= 40 for line in shown)
    assert " ".join(line.strip() for line in shown) == "stopped: 2 not measured: p goes on with them"


def test_how_far_results_are_is_said_whole_on_a_narrow_terminal() -> None:
    state = RunState.of(rec.stamped([*rec.beginning(), *rec.scored(1, 140.0), ev.RunEnded(reason="stopped")]))
    shown = texts(summary_lines(state, ranking_of(state), 40))
    assert all(len(line) <= 40 for line in shown)
    assert "1 of 2 done, ended" in " ".join(line.strip() for line in shown)


def test_a_figure_for_which_there_is_no_room_is_left_out_and_not_cut() -> None:
    state = RunState.of(rec.stamped([*rec.beginning(), *rec.scored(1, 140.0), UNDER_WAY]))
    for width in range(20, 100):
        _, shown = texts(head_lines(state, rec.BEGAN + 60, "running", width))
        assert len(shown) <= width
    head, _ = texts(experiment_head(state, state.experiments[1], ranking_of(state).by_id[1], 40))
    assert len(head) <= 40 and head.endswith("140 tokens/s")


def test_what_was_never_begun_stands_after_what_was_scored() -> None:
    events = [*rec.beginning(3), ev.Skipped(experiment=1, reason="by command"), *rec.scored(2, 140.0)]
    ranking = ranking_of(RunState.of(rec.stamped(events)))
    assert [entry.id for entry in entries_of(ranking)] == [2, 1]


@pytest.mark.parametrize(("ready", "word"), [(True, "1/1"), (False, "0/1"), (None, "")])
def test_a_pod_says_whether_it_serves_as_kubectl_does(ready: bool | None, word: str) -> None:
    where: dict[str, Any] = {"experiment": 1, "attempt": 1}
    pod = ev.WorkloadObserved(**where, kind="pod", name="engine-0", phase="Running", node="node-1", ready=ready)
    state = RunState.of(rec.stamped([*rec.beginning(), ev.AttemptStarted(**where), pod]))
    head, row, *_ = texts(workload_lines(state, StreamsNow(), None, 80, 10))
    assert ("ready" in head) == bool(word) and word in row


@pytest.mark.parametrize("small", [(40, 20), (80, 12), (1, 1)])
def test_keys_go_to_the_same_panel_after_the_terminal_was_small_for_a_moment(
    tmp_path: Path, small: tuple[int, int]
) -> None:
    folder = recorded(tmp_path, [*rec.beginning(3), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        screen = run.app.screen
        table = screen.query_one("#experiments", Table)
        await run.pilot.resize_terminal(*small)
        await run.pilot.pause()
        await run.pilot.resize_terminal(160, 45)
        await run.until(lambda: table.has_focus, "the table's focus")
        await run.press("j")
        assert table.cursor == 2

    driven(folder, does)


def test_a_panel_that_is_chosen_on_a_small_terminal_keeps_the_keys_on_a_large_one(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*rec.beginning(3), ev.RunEnded(reason="stopped")])

    async def does(run: Driven) -> None:
        await run.sees("queued")
        screen = run.app.screen
        await run.pilot.resize_terminal(40, 20)
        await run.until(lambda: isinstance(screen.focused, LogView), "the log's focus: it alone is shown")
        for key, panel in (("1", Table), ("4", LogView)):
            await run.press(key)
            await run.until(lambda panel=panel: isinstance(screen.focused, panel), f"the focus of panel {key}")  # type: ignore[misc]
        await run.pilot.resize_terminal(160, 45)
        await run.pilot.pause()
        assert isinstance(screen.focused, LogView)

    driven(folder, does)
