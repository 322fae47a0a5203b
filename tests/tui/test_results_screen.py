"""The screen of results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.screens.experiment import ExperimentScreen
from autotuner_tui.screens.results import ResultsScreen
from autotuner_tui.views.result_cells import figure_names
from autotuner_tui.views.results import ResultRows
from autotuner_tui.views.standings import StandingsNow
from autotuner_tui.widgets.lines import plain_text, texts
from autotuner_tui.widgets.table import Table, table_text
from recorded_run import Driven, append, driven, recorded
from recordings import beginning, scored, stamped, state_of

FAILED: dict[str, Any] = {
    "outcome": "failed",
    "cause": "out_of_memory",
    "message": "the engine ended with code 1: CUDA out of memory",
    "cure": "lower mem_frac",
    "evidence": ["code 1", "torch.OutOfMemoryError: \x1b[31mTried to allocate"],
}


def run_of(experiments: int = 5) -> list[ev.Event]:
    """Two that meet the SLO, one that misses it, one failed, one skipped."""
    where = {"experiment": 4, "attempt": 1}
    return [
        *beginning(experiments),
        *scored(1, 1000.0),
        *scored(2, 1500.0),
        *scored(3, 9000.0, feasible=False, miss=0.4),
        ev.AttemptStarted(**where),
        ev.AttemptEnded(**where, **FAILED),
        ev.Skipped(experiment=5, reason="by hand"),
    ]


async def open_results(on: Driven) -> Table:
    await on.until(lambda: on.app.runs[0].loaded)
    await on.press("v")
    await on.until(lambda: isinstance(on.app.screen, ResultsScreen))
    await on.sees("Ranking")
    return on.app.screen.query_one(Table)


def test_the_winner_and_every_result_with_its_outcome_are_shown(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        table = await open_results(on)
        assert list(table.keys) == [2, 1, 3, 4, 5], "ranked, then failed, then skipped"
        await on.sees("Best: experiment 2", "1500 tokens/s", "✔ meets the SLO", "◐ 40.0 % over ttft.p95")
        await on.sees("✘ out of memory", "- skipped", "Ranking 3 · failed 1 · skipped 1", "goes on")

    driven(recorded(tmp_path, run_of()), does)


def test_a_failed_one_tells_its_cause_evidence_and_cure_without_control_characters(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_results(on)
        await on.press("slash", *"memory", "enter")
        await on.sees("✘ out of memory: the engine ended", "| torch.OutOfMemoryError", "cure: lower mem_frac")
        assert "\x1b" not in on.text

    driven(recorded(tmp_path, run_of()), does)


def test_a_result_that_comes_meanwhile_is_ranked_and_the_cursor_stays(tmp_path: Path) -> None:
    folder = recorded(tmp_path, run_of(6))

    async def does(on: Driven) -> None:
        table = await open_results(on)
        await on.press("j")
        assert table.cursor == 1
        append(folder, stamped([*run_of(6), *scored(6, 3000.0)])[len(run_of(6)) :])
        await on.sees("Best: experiment 6")
        assert list(table.keys) == [6, 2, 1, 3, 4, 5]
        assert table.cursor == 1

    driven(folder, does)


def test_results_are_sorted_by_any_figure(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        table = await open_results(on)
        table.arrangement.sort_by("output_throughput")
        await on.press("O")
        assert list(table.keys) == [3, 2, 1, 4, 5]

    driven(recorded(tmp_path, run_of()), does)


@pytest.mark.parametrize("key", ["c", "w"])
def test_a_configuration_is_taken_away_as_a_file_whose_path_is_told(tmp_path: Path, key: str) -> None:
    folder = recorded(tmp_path, run_of())
    file = folder.results_dir / "chat-ab12-exp2.json"

    async def does(on: Driven) -> None:
        await open_results(on)
        await on.press(key)
        await on.until(file.exists, str(file))
        assert ("slots" in on.app.clipboard) == (key == "c")

    driven(folder, does)
    record = json.loads(file.read_text())
    assert record["parameters"] == {"slots": 2}
    assert record["objective_score"] == 1500.0


def test_a_configuration_is_saved_elsewhere_where_the_results_folder_takes_no_file(tmp_path: Path) -> None:
    from autotuner_tui.configuration_file import save

    (tmp_path / "results").write_text("a file where the folder should be")
    path = save({"run_id": "ab12", "experiment_id": 2}, RunFolder(tmp_path / "results" / "chat" / "ab12"))
    assert json.loads(path.read_text())["experiment_id"] == 2


def test_enter_opens_the_experiment_and_back_comes_back(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_results(on)
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, ExperimentScreen))
        await on.sees("experiment 2 2/5")
        await on.press("q")
        await on.until(lambda: isinstance(on.app.screen, ResultsScreen))

    driven(recorded(tmp_path, run_of()), does)


def test_one_that_failed_before_its_first_stage_is_opened(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_results(on)
        await on.press("j", "j", "j", "enter")
        await on.sees("experiment 4 4/5", "✘ attempt 1: out of memory", "▸attempt 1")

    driven(recorded(tmp_path, run_of()), does)


def test_why_one_failed_is_in_the_table_at_80_columns(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        table = await open_results(on)
        assert any("✘ out of memory" in text for text in table_text(table))

    driven(recorded(tmp_path, run_of()), does, (80, 24))


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 20)])
def test_the_best_and_its_score_are_there_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async def does(on: Driven) -> None:
        await open_results(on)
        await on.sees("Best: experiment 2", "output_throughput", "1500 tokens/s", "[result]")

    driven(recorded(tmp_path, run_of()), does, size)


def test_a_run_without_results_says_what_will_stand_there(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_results(on)
        await on.sees("No experiment has come to an end yet", "the ranking will stand here")

    driven(recorded(tmp_path, beginning()), does)


def test_every_figure_of_the_results_file_has_a_column() -> None:
    rows = ResultRows()
    rows.follow(state_of(stamped(run_of())))
    assert rows.ranking is not None
    assert figure_names(rows.ranking) == ["ttft.p95", "tpot.p95"]
    names = [column.key for column in rows.columns]
    assert names[:4] == ["rank", "exp", "slots", "output_throughput"]
    assert {"ttft.p95", "tpot.p95", "outcome", "level", "tries", "GPUs", "why"} <= set(names)
    cells = dict(zip(names, (plain_text((cell,)) for cell in rows.row(3)), strict=True))
    assert (cells["rank"], cells["ttft.p95"], cells["tpot.p95"]) == ("3", "310 ms", "21.0 ms")


def test_the_ranking_is_made_anew_only_when_it_can_be_another() -> None:
    events = stamped(run_of(6))
    state, now = state_of(events), StandingsNow()
    now.follow(state)
    versions = []
    for seq, event in enumerate(scored(6, 10.0), len(events) + 1):
        state.apply(replace(event, seq=seq))
        now.follow(state)
        versions.append(now.version)
    assert versions == [1] * (len(versions) - 1) + [2]
    assert now.ranking is not None and 6 in now.ranking.places


def test_on_a_short_terminal_the_ranking_has_the_room_however_long_its_answer_is(tmp_path: Path) -> None:
    ties = [event for number in range(1, 13) for event in scored(number, 1000.0 + number / 10)]

    async def does(on: Driven) -> None:
        table = await open_results(on)
        await on.until(lambda: sum("tokens/s" in line for line in texts(table.visible_lines())) >= 7, "seven results")

    driven(recorded(tmp_path, [*beginning(12), *ties]), does, (80, 24))
