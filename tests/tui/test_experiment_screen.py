"""The screen of one experiment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.screens.experiment import PANELS, ExperimentScreen
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.streams.attempt_files import AttemptFiles
from autotuner_tui.views.course import stage_spans
from autotuner_tui.views.levels import level_lines
from autotuner_tui.views.spread import BINS, histogram
from autotuner_tui.widgets.lines import texts, width_of
from recorded_run import Driven, append, driven, recorded
from recordings import beginning, scored, stamped, state_of

WHERE: dict[str, Any] = {"experiment": 1, "attempt": 1}
EVENTS: list[ev.Event] = [
    *beginning(3),
    ev.AttemptStarted(**WHERE),
    ev.StageChanged(**WHERE, stage="deploying"),
    ev.AttemptEnded(
        **WHERE,
        outcome="failed",
        cause="crash",
        message="the engine ended by signal 11",
        cure="try another attention backend",
        evidence=[f"line {n}" for n in range(40)],
        will_retry=True,
    ),
    *scored(2, 1500.0),
]


def request(level: int, start: float, first: float, end: float, error: str | None = None) -> dict[str, Any]:
    row = {"kind": "request", "level": level, "start": start, "first": first, "end": end, "chunks": [first, end]}
    return {**row, "in": 10, "out": 2, "error": error, "message": ""}


def with_files(folder: RunFolder, experiment: int, requests: int = 4) -> Path:
    """What a local attempt writes."""
    place = folder.attempt(experiment, 1)
    place.mkdir(parents=True)
    sent = {"argv": ["engine", "--slots", "2", "--key", "***"], "env_added": {"A": "b"}}
    (place / "command.json").write_text(json.dumps(sent, indent=1))
    rows: list[dict[str, Any]] = [
        {"kind": "level", "level": 1, "mono": 0.0, "wall": 1.0, "scenario": "D", "concurrency": 4}
    ]
    rows += [request(1, n, n + 0.1, n + 0.5 + n / 100) for n in range(requests)]
    rows.append(request(1, 9.0, 9.1, 9.2, error="500"))
    (place / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


async def open_experiment(on: Driven, number: int) -> None:
    await on.until(lambda: on.app.runs[0].loaded)
    await on.press(*"j" * (number - 1), "enter")
    await on.until(lambda: isinstance(on.app.screen, ExperimentScreen))
    await on.sees(f"experiment {number} {number}/3")


def test_configuration_course_levels_and_spread_are_there(tmp_path: Path) -> None:
    folder = recorded(tmp_path, EVENTS)
    with_files(folder, 2)

    async def does(on: Driven) -> None:
        await open_experiment(on, 2)
        await on.sees("$ engine --slots 2 --key", "A=b", "output_throughput 1500 tokens/s")
        await on.sees("benchmarking", "▸attempt 1", "✔ scored", "level 1 · D(100,100) x4 · ✔ ok")
        await on.sees("4 requests", "✘ 1 failed", "TTFT  p50 100 ms", "end to end", '"--slots",')
        await on.sees("nothing failed")

    driven(folder, does)


def test_a_failure_tells_all_its_evidence_and_its_cure(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_experiment(on, 1)
        await on.press("3", "f")
        await on.sees("✘ attempt 1: crash; it was tried again", "cure: try another attention backend", "| line 0")
        await on.press("G")
        await on.sees("| line 39", "exp1/attempt1/engine.log")

    driven(recorded(tmp_path, EVENTS), does, (80, 24))


def test_what_was_sent_is_one_key_away_from_the_run(tmp_path: Path) -> None:
    folder = recorded(tmp_path, EVENTS)
    with_files(folder, 2)

    async def does(on: Driven) -> None:
        await on.until(lambda: on.app.runs[0].loaded)
        await on.press("j", "y")
        await on.sees("experiment 2 2/3", "6 As sent", "--slots")
        await on.until(lambda: on.app.screen.focused is not None and on.app.screen.focused.id == "sent")

    driven(folder, does, size=(80, 24))


def test_neighbours_are_a_key_away_and_round_the_end(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_experiment(on, 1)
        await on.press("right", "n")
        await on.sees("experiment 3 3/3", "its stages and attempts will stand here")
        await on.press("right")
        await on.sees("experiment 1 1/3")
        await on.press("left")
        await on.sees("experiment 3 3/3")

    driven(recorded(tmp_path, EVENTS), does)


def test_attempts_stand_side_by_side_and_an_older_one_is_looked_at(tmp_path: Path) -> None:
    again: dict[str, Any] = {"experiment": 1, "attempt": 2}
    events = [*EVENTS, ev.AttemptStarted(**again), ev.StageChanged(**again, stage="waiting")]

    async def does(on: Driven) -> None:
        await open_experiment(on, 1)
        await on.sees("attempt 1", "▸attempt 2", "✘ crash", "▶ under way")
        await on.press("left_square_bracket")
        await on.sees("▸attempt 1")
        await on.press("right_square_bracket")
        await on.sees("▸attempt 2")

    driven(recorded(tmp_path, events), does)


def test_what_comes_while_one_looks_is_shown(tmp_path: Path) -> None:
    third = scored(3, 700.0)
    folder = recorded(tmp_path, [*EVENTS, *third[:2]])
    rest = stamped([*EVENTS, *third])[len(EVENTS) + 2 :]

    async def does(on: Driven) -> None:
        await open_experiment(on, 3)
        await on.sees("▶ under way", "the figures of each level will stand here", "will stand here once it is sent")
        with_files(folder, 3)
        append(folder, rest)
        await on.sees("✔ scored", "output_throughput 700 tokens/s", "$ engine --slots 2", "4 requests")

    driven(folder, does)


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
def test_every_panel_is_a_key_away_where_not_all_have_room(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = recorded(tmp_path, EVENTS)
    with_files(folder, 2)

    async def does(on: Driven) -> None:
        await open_experiment(on, 2)
        for number, panel in enumerate(PANELS, 1):
            await on.press(str(number))
            await on.until(lambda panel=panel: [one.id for one in on.app.screen.query(".panel") if one.size] == [panel])
            await on.until(lambda panel=panel: on.app.focused is not None and on.app.focused.id == panel)

    driven(folder, does, size)


def test_its_logs_are_a_key_away(tmp_path: Path) -> None:
    async def does(on: Driven) -> None:
        await open_experiment(on, 2)
        await on.press("l")
        await on.until(lambda: isinstance(on.app.screen, LogScreen))

    driven(recorded(tmp_path, EVENTS), does)


def test_an_attempt_in_a_cluster_shows_its_manifest_node_and_what_the_cluster_said(tmp_path: Path) -> None:
    cluster = {
        "kind": "Pod",
        "name": "engine-0",
        "reason": "BackOff",
        "message": "back-off restarting \x1b[31mcontainer",
    }
    load: dict[str, Any] = {**WHERE, "scenario": "D(100,100)", "concurrency": 8}
    events = [
        *beginning(3),
        ev.AttemptStarted(**WHERE, gpu_count=2),
        ev.StageChanged(**WHERE, stage="waiting"),
        ev.HardwareSeen(**WHERE, node="gpu-node-3", gpu_product="H100"),
        ev.ClusterEventSeen(**WHERE, **cluster),
        ev.LevelEnded(**load, level=1, verdict="of_a_newer_version", figures={"ttft.mean": "?", "novel": [1]}),
        ev.LevelSkipped(**load, level=2, reason="level 1 was overloaded"),
        ev.AttemptEnded(**WHERE, outcome="failed", cause="crash", message="it fell over"),
    ]
    folder = recorded(tmp_path, events)
    folder.attempt(1, 1).mkdir(parents=True)
    (folder.attempt(1, 1) / "manifest.yaml").write_text("kind: InferenceService\nmetadata: {name: \x1b[31mx}\n")

    async def does(on: Driven) -> None:
        await open_experiment(on, 1)
        await on.sees("kind: InferenceService", "gpu-node-3 · H100", "| BackOff: back-off restarting")
        await on.sees("of a newer version", "not run: level 1 was overloaded")
        assert "\x1b" not in on.text

    driven(folder, does)


def test_stages_take_from_one_to_the_next_and_the_last_until_the_end() -> None:
    attempt = state_of(stamped(EVENTS)).experiments[2].latest
    assert attempt is not None
    spans = stage_spans(attempt, 0.0)
    assert [(name, round(began), round(seconds)) for name, began, seconds in spans] == [
        ("deploying", 1, 1),
        ("benchmarking", 2, 5),
        ("cleaning_up", 7, 1),
    ]


def test_a_torn_line_costs_no_more_than_itself(tmp_path: Path) -> None:
    folder = recorded(tmp_path, EVENTS)
    place = with_files(folder, 2)
    with (place / "samples.jsonl").open("a") as samples:
        samples.write('{"kind": "request", "level": 1}\n{"kind": "requ')
    sent, spreads = AttemptFiles(place).read()
    assert sent.argv[0] == "engine"
    assert [(spread.level, len(spread.values["ttft"]), spread.failed) for spread in spreads] == [(1, 4, 1)]


@pytest.mark.parametrize("width", [30, 46, 90])
def test_a_histogram_counts_every_request_in_rows_of_one_width(width: int) -> None:
    lines = histogram("TTFT", [0.1, 0.1, 0.15, 0.2, 5.0], width)
    assert len(lines) == BINS + 1
    assert {width_of(line) for line in lines} == {width}
    assert sum(int(text.split()[-1]) for text in texts(lines)[1:] if text.rstrip()[-1].isdigit() and "█" in text) == 5


def test_one_value_alone_is_no_reason_to_break() -> None:
    assert texts(histogram("TTFT", [0.0], 40))
    assert texts(level_lines(None, 40))[0].startswith(" the figures of each level")
