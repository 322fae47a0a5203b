"""What a person sees of a run under way: how far it is, what it measures right now, how long it may still take."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.headless.picture import Painter, Picture
from autotuner_tui.headless.presenter import HEARTBEAT_SECONDS, PlainLines, wants_live_display
from autotuner_tui.headless.progress import drawing
from recordings import BEGAN, beginning, scored, stamped

WHERE: dict[str, Any] = {"experiment": 2, "attempt": 1}
UNDER_WAY = [
    *beginning(4),
    *scored(1, 100.0),
    ev.AttemptStarted(**WHERE),
    ev.StageChanged(**WHERE, stage="benchmarking"),
    ev.LevelStarted(**WHERE, level=1, scenario="D(100,100)", concurrency=4),
]


def request(start: float, end: float | None, out: int, error: int | None = None, level: int = 1) -> dict[str, Any]:
    chunks = [end] if end is not None else []
    return {
        "kind": "request", "level": level, "start": start, "first": end, "end": end, "chunks": chunks,
        "in": 10, "out": out, "error": error, "message": "",
    }  # fmt: skip


def write_samples(folder: RunFolder, records: list[dict[str, Any]], tail: str = "") -> None:
    path = folder.attempt(2, 1) / "samples.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write("".join(json.dumps(record) + "\n" for record in records) + tail)


def picture(folder: RunFolder, painter: Painter, after: float = 0.0) -> Picture:
    events = stamped(UNDER_WAY)
    return painter.picture(RunState.of(events), events[-1].ts + after)


def test_the_level_under_way_shows_what_it_has_measured_so_far(tmp_path: Path) -> None:
    folder, level = RunFolder(tmp_path), {"kind": "level", "level": 1, "scenario": "D", "concurrency": 4, "wall": 0.0}
    painter = Painter(folder)
    assert picture(folder, painter).activities[0].in_words() == "exp 2 level 1/2 D(100,100) x4"
    write_samples(folder, [{**level, "mono": 50.0}, request(50.0, 52.0, 100)], tail='{"kind": "requ')
    assert picture(folder, painter).activities[0].in_words().endswith(": 1 ok, 0 failed, 50.0 tokens/s")
    more = [request(51.0, 54.0, 100), request(52.0, None, 3), request(52.0, 53.0, 0, error=500)]
    path = folder.attempt(2, 1) / "samples.jsonl"
    path.write_text(path.read_text().removesuffix('{"kind": "requ'))
    write_samples(folder, more)
    assert picture(folder, painter).activities[0].in_words().endswith(": 2 ok, 1 failed, 50.0 tokens/s")


def test_figures_of_the_warm_up_are_not_shown_as_those_of_the_next_level(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    warm_up = {"kind": "level", "level": 0, "scenario": "D", "concurrency": 4, "wall": 0.0, "mono": 1.0}
    write_samples(folder, [warm_up, request(1.0, 2.0, 100, level=0)])
    assert picture(folder, Painter(folder)).activities[0].ok == 0


def test_the_remaining_time_is_what_the_others_took_less_what_is_done(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    now = picture(folder, Painter(folder), after=1.0)
    # exp 1 took 8 s; exp 2 is 3 s under way; 2 more wait
    assert (now.done, now.total) == (1, 4)
    assert now.remaining is not None and now.remaining.measured
    assert now.remaining.seconds == 2 * 8 + (8 - 3)
    assert now.in_a_line().startswith("1/4 done, about 21 s left; exp 2 level 1/2")


def test_before_the_first_result_the_plan_tells_the_least(tmp_path: Path) -> None:
    now = Painter(RunFolder(tmp_path)).picture(RunState.of(stamped(beginning(4))), BEGAN + 10)
    assert now.remaining is not None and now.remaining.in_words() == "at least 2 min 0 s left"


def test_a_mute_hour_still_gives_a_line_a_minute(tmp_path: Path) -> None:
    stream, folder = io.StringIO(), RunFolder(tmp_path)
    lines, now = PlainLines(Outlet(stream)), picture(folder, Painter(folder))
    lines.line(BEGAN, "run ab12 of task chat")
    for second in range(int(HEARTBEAT_SECONDS * 3) + 1):
        lines.tick(BEGAN + second, now)
    assert len(stream.getvalue().splitlines()) == 1 + 3


def test_a_live_display_is_only_for_a_terminal_that_can_and_not_for_ci() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, able = Outlet(Terminal()), {"TERM": "xterm-256color"}
    assert wants_live_display(terminal, able)
    assert not wants_live_display(terminal, {**able, "CI": "true"})
    assert not wants_live_display(terminal, {"TERM": "dumb"})
    assert not wants_live_display(terminal, {})
    assert not wants_live_display(Outlet(io.StringIO()), able)


def test_a_score_that_is_being_measured_once_more_is_not_shown_as_lost(tmp_path: Path) -> None:
    events = stamped([*beginning(4), *scored(1, 100.0), ev.ExperimentQueued(experiment=1, parameters={"a": 1})])
    shown = Painter(RunFolder(tmp_path)).picture(RunState.of(events), events[-1].ts)
    assert shown.counts["again"] == 1


def test_what_an_experiment_does_between_its_levels_is_told_in_a_persons_words(tmp_path: Path) -> None:
    began = ev.AttemptStarted(**WHERE)
    stages = [ev.StageChanged(**WHERE, stage=stage) for stage in ("deploying", "waiting")]
    events = stamped([*beginning(4), began, *stages])
    now = Painter(RunFolder(tmp_path)).picture(RunState.of(events), events[-1].ts + 2.0)
    assert now.activities[0].in_words() == "exp 2 engine starting for 3.0 s"


def test_why_an_experiment_failed_is_told_while_its_engine_still_ends(tmp_path: Path) -> None:
    failed = ev.StageChanged(**WHERE, stage="cleaning_up", detail="crash: the engine died")
    events = stamped([*beginning(4), ev.AttemptStarted(**WHERE), failed])
    now = Painter(RunFolder(tmp_path)).picture(RunState.of(events), events[-1].ts + 2.0)
    assert now.activities[0].in_words() == "exp 2 engine being stopped for 2.0 s (crash: the engine died)"


def test_a_run_that_is_being_stopped_is_shown_so_until_its_end(tmp_path: Path) -> None:
    def shown(*more: ev.Event) -> Picture:
        events = stamped([*UNDER_WAY, *more])
        return Painter(RunFolder(tmp_path)).picture(RunState.of(events), events[-1].ts)

    polite, now = ev.StopAsked(by="SIGINT"), ev.StopAsked(now=True)
    assert drawing(shown(ev.Paused(), polite), 79)[0].plain.startswith("STOPPING ")
    assert "; stopping; " in shown(polite).in_a_line()
    assert drawing(shown(polite, now), 79)[0].plain.startswith("STOPPING AT ONCE")
    assert not shown(polite, ev.RunEnded(reason="stopped")).stopping
