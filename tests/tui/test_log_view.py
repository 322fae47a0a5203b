"""A log is read at the place where one is, whatever comes meanwhile, and everything in it is found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from autotuner_core.run.folder import RunFolder
from autotuner_tui import settings
from autotuner_tui.app import AutotunerApp
from autotuner_tui.logs import search
from autotuner_tui.open_run import OpenRun
from autotuner_tui.screens.logs import LogScreen
from autotuner_tui.settings import Settings
from autotuner_tui.views.log_status import status_line
from autotuner_tui.widgets.lines import plain_text, texts
from autotuner_tui.widgets.log_panel import LogPanel
from autotuner_tui.widgets.prompt import Prompt
from on_screen import on_screen, until


@pytest.fixture(autouse=True)
def _settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "settings_file", lambda: tmp_path / "config" / "settings.json")


@dataclass
class Log:
    """The log screen on the engine's log of experiment 1."""

    pilot: Pilot[Any]
    path: Path

    @property
    def panel(self) -> LogPanel:
        return self.pilot.app.screen.query_one(LogPanel)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in texts(self.panel.view._shown)]

    @property
    def status(self) -> str:
        return plain_text(status_line(self.panel.view.status()))

    def write(self, *lines: str, end: str = "\n") -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write("\n".join(lines) + end)

    async def shows(self, *lines: str) -> None:
        await until(self.pilot, lambda: self.lines == list(lines), what=lambda: f"{lines} instead of {self.lines}")

    async def says(self, status: str) -> None:
        await until(self.pilot, lambda: self.status == status, what=lambda: f"{status!r} instead of {self.status!r}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


Test = Callable[[Log], Awaitable[None]]


def with_log(tmp_path: Path, test: Test, lines: list[str] | None = None, width: int = 80) -> None:
    """A screen on which 6 lines of the log have room."""
    run = OpenRun(RunFolder(tmp_path / "results" / "chat" / "ab12"), lambda: None)

    async def body(pilot: Pilot[Any]) -> None:
        log = Log(pilot, run.folder.attempt(1, 1) / "engine.log")
        if lines is not None:
            log.write(*lines)
        await test(log)

    def first(app: AutotunerApp) -> LogScreen:
        return LogScreen(run, 1)

    on_screen(first, body, (width, 10))


def numbered(count: int) -> list[str]:
    return [f"line {n}" for n in range(1, count + 1)]


def test_the_end_is_followed_until_one_goes_up_and_then_the_place_stays(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows(*numbered(100)[-6:])
        log.write("line 101")
        await log.shows(*numbered(101)[-6:])
        await log.press("k")
        await log.shows(*numbered(100)[-6:])
        log.write("line 102", "line 103")
        await log.says("95-100/103")
        assert log.lines == numbered(100)[-6:]
        await log.press("s")
        await log.shows(*numbered(103)[-6:])

    with_log(tmp_path, test, numbered(100))


def test_keys_go_by_lines_pages_and_to_both_ends(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.press("g")
        await log.shows(*numbered(6))
        await log.press("pagedown", "j")
        await log.shows(*numbered(13)[-6:])
        await log.press("ctrl+b", "k")
        await log.shows(*numbered(6))
        for _ in range(30):
            await log.press("pagedown")
        await log.shows(*numbered(100)[-6:])
        assert log.status == "95-100/100"
        await log.press("G")
        await log.says("95-100/100 · following")

    with_log(tmp_path, test, numbered(100))


def test_a_log_that_is_not_there_yet_says_what_will_stand_there_and_comes(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows("The engine's log of experiment 1 will stand here once its server is started.")
        log.write("loading", end="")
        await log.shows("loading")
        log.write(" the model", "ready")
        await log.shows("loading the model", "ready")

    with_log(tmp_path, test)


def test_a_log_that_begins_anew_or_is_away_is_told(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows(*numbered(100)[-6:])
        log.path.write_text("anew\n")
        await log.shows("anew")
        log.path.unlink()
        await log.says("engine.log is gone · 1-1/1 · following")
        assert log.lines == ["anew"]

    with_log(tmp_path, test, numbered(100))


def test_a_text_is_found_in_the_whole_log_and_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PIECE", 100)
    lines = [f"line {n}{' Error' if n in (5, 50, 95) else ''}" for n in range(1, 101)]

    async def test(log: Log) -> None:
        await log.shows(*lines[-6:])
        await log.press("/", *"error", "enter")
        await log.says('95-100/100 · "error" 3/3')
        await log.press("n")
        await log.says('3-8/100 · "error" 1/3')
        await log.press("n")
        await log.says('48-53/100 · "error" 2/3')
        await log.press("N", "N")
        await log.says('93-98/100 · "error" 3/3')
        log.write("another error")
        await log.says('93-98/101 · "error" 3/4')
        await log.press("n")
        await log.says('96-101/101 · "error" 4/4')
        assert [p.text for line in log.panel.view._shown for p in line if "found" in p.style] == ["error"]
        await log.press("escape")
        await log.says("96-101/101")
        assert isinstance(log.pilot.app.screen, LogScreen)

    with_log(tmp_path, test, lines)


def test_only_the_lines_that_have_a_text_are_shown_and_go_on(tmp_path: Path) -> None:
    lines = [f"line {n}{' error' if n % 10 == 0 else ''}" for n in range(1, 101)]

    async def test(log: Log) -> None:
        await log.press("g", "&", *"error", "enter")
        await log.shows(*[f"line {n} error" for n in range(10, 70, 10)])
        await log.press("G")
        log.write("fine", "a last error")
        await log.shows(*[f"line {n} error" for n in range(60, 110, 10)], "a last error")
        await log.press("k", "&")
        await log.shows(*lines[49:55])

    with_log(tmp_path, test, lines)


def test_a_search_that_is_left_has_not_been_begun(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.press("/", *"line", "escape", "k")
        await log.says("94-99/100")
        assert not log.panel.query_one(Prompt).display
        await log.press("/", *"nowhere", "enter")
        await log.says('94-99/100 · "nowhere" in 0 lines')

    with_log(tmp_path, test, numbered(100))


def test_long_lines_are_cut_moved_along_or_wrapped(tmp_path: Path) -> None:
    long = "".join(f"{n:<8}" for n in range(20))

    async def test(log: Log) -> None:
        await log.press("right", "right", "h")
        await log.shows("", long[8:].rstrip())
        assert log.status == "1-2/2 · following · from column 9"
        await log.press("w")
        await log.shows("short", *(long[at : at + 38].rstrip() for at in range(0, 160, 38)))

    with_log(tmp_path, test, ["short", long], width=40)


def test_wrapped_lines_stay_where_they_are_read_while_lines_come(tmp_path: Path) -> None:
    lines = [f"{n} " + "x" * 70 for n in range(50)]

    async def test(log: Log) -> None:
        await log.press("w")
        await log.shows(*(part for line in lines[-3:] for part in (line[:38], line[38:])))
        await log.press("k")
        before = [lines[46][38:], lines[47][:38], lines[47][38:], lines[48][:38], lines[48][38:], lines[49][:38]]
        await log.shows(*before)
        log.write("more")
        await log.says("47-50/51")
        assert log.lines == before
        await log.press("pageup")
        await log.says("44-47/51")

    with_log(tmp_path, test, lines, width=40)


def test_times_are_hidden_and_that_is_remembered(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows("0.00.000.268 I srv init")
        await log.press("t")
        await log.shows("I srv init")
        kept: Settings = log.pilot.app.settings  # type: ignore[attr-defined]
        await until(log.pilot, lambda: kept.kept.get("log_times") is False)

    with_log(tmp_path, test, ["0.00.000.268 I srv init"])


def test_what_stands_in_a_log_is_no_markup_and_no_control_sequence(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows("[red]not red[/red] [/]", "clear·")

    with_log(tmp_path, test, ["[red]not red[/red] [/]", "\x1b[2J\x1b[31mclear\x07"])


def test_another_size_keeps_the_line_that_is_read(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.press("g", "pagedown")
        await log.shows(*numbered(12)[-6:])
        await log.pilot.resize_terminal(60, 14)
        await log.shows(*numbered(16)[-10:])
        await log.pilot.resize_terminal(80, 10)
        await log.shows(*numbered(12)[-6:])

    with_log(tmp_path, test, numbered(100))


def test_the_other_logs_of_the_run_are_a_key_away(tmp_path: Path) -> None:
    async def test(log: Log) -> None:
        await log.shows(*numbered(3))
        (log.path.parent / "benchmark.log").write_text("measuring\n")
        await log.press("right_square_bracket")
        await log.shows("measuring")
        assert "▸benchmark" in str(log.panel.border_title)
        await log.press("left_square_bracket", "left_square_bracket")
        await log.shows("What the run's own process warns of will stand here.")

    with_log(tmp_path, test, numbered(3))
