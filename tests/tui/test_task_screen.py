"""A task on the screen: its problems as one types, its plan, its keys; what is typed is never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from autotuner_core.findings import Severity
from autotuner_tui.app import AutotunerApp
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.document import opened
from autotuner_tui.editing.drafts import kept_draft
from autotuner_tui.screens.parameters import ParametersScreen
from autotuner_tui.screens.path_question import PathQuestion
from autotuner_tui.screens.question import Question
from autotuner_tui.screens.task import TaskScreen
from autotuner_tui.widgets.field import Field
from autotuner_tui.widgets.footer import hint_line
from on_screen import until
from screens_shown import arguments, drive, shown

TASK: dict[str, Any] = {
    "task_name": "chat",
    "backend": "local",
    "model": {"name": "tiny"},
    "parameters": {"parallel": {"type": "choice", "values": [1, 4]}},
    "optimization": {"objective": "maximize_throughput"},
    "benchmark": {"traffic_scenarios": ["D(100,100)"], "num_concurrency": [1, 4], "max_time_per_iteration": 0.2},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(TASK, indent=2))
    return path


def on(path: Path) -> Callable[[AutotunerApp], TaskScreen]:
    return lambda app: TaskScreen(opened(path), arguments(results_dir=str(path.parent / "results")))


def task(app: AutotunerApp) -> TaskScreen:
    return next(one for one in app.screen_stack if isinstance(one, TaskScreen))


def checked(app: AutotunerApp) -> Callable[[], bool]:
    return lambda: task(app).examined.text == task(app).editor.text


def put(app: AutotunerApp, old: str, new: str) -> None:
    """As if typed: the text's first `old` becomes `new`."""
    editor = task(app).editor
    at = editor.text.index(old)
    editor.replace(new, editor.place_of(at), editor.place_of(at + len(old)))


def test_an_error_is_marked_at_its_line_as_one_types_with_its_suggestion_and_the_plan_comes_back(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        screen = task(app)
        await until(pilot, checked(app))
        assert "experiments 2" in shown(screen, "#plan") and "GPU-hours   none" in shown(screen, "#plan")
        put(app, '"max_time_per_iteration"', '"max_time_per_iter"')
        await until(pilot, checked(app))
        assert "unknown key" in shown(screen, "#problems")
        assert 'did you mean "max_time_per_iteration"?' in shown(screen, "#problems")
        line = screen.editor.text[: screen.editor.text.index("max_time_per_iter")].count("\n")
        assert screen.editor._at_line[line] is Severity.ERROR
        assert "✗" in screen.editor.render_line(line - screen.editor.scroll_offset.y).text
        assert "experiments" not in shown(screen, "#plan")
        await pilot.press("f8")
        assert screen.editor.cursor_location[0] == line
        await pilot.press("ctrl+z")
        await until(pilot, checked(app))
        assert screen.examined.errors == 0 and "experiments 2" in shown(screen, "#plan")

    drive(on(file), play)


def test_text_that_cannot_even_be_read_says_where_and_the_key_is_still_described(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        screen = task(app)
        put(app, '"num_concurrency": [', '"num_concurrency": {[')
        await until(pilot, checked(app))
        assert "no JSON" in shown(screen, "#problems")
        row = screen.editor.text[: screen.editor.text.index("traffic_scenarios")].count("\n")
        screen.editor.move_cursor((row, 0))
        await until(pilot, lambda: "benchmark.traffic_scenarios" in shown(screen, "#key"))

    drive(on(file), play)


def test_a_parameter_of_the_engine_is_found_by_its_description_and_put_in(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, ParametersScreen))
        await pilot.press(*"cache_type_k", "enter")
        await until(pilot, lambda: "cache_type_k" in task(app).editor.text)
        await until(pilot, checked(app))
        assert task(app).examined.errors == 0
        assert "cache_type_k" in json.loads(task(app).editor.text)["parameters"]

    drive(on(file), play)


def test_a_parameter_whose_name_is_typed_comes_before_those_that_only_speak_of_it(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, ParametersScreen))
        await pilot.press(*"flash", "enter")
        await until(pilot, lambda: "flash_attn" in task(app).editor.text)

    drive(on(file), play)


def test_saving_writes_the_text_as_it_is_with_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    text = "# why\n" + "".join(f"{key}: {json.dumps(value)}  # as said\n" for key, value in TASK.items())
    path.write_text(text)

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        assert task(app).examined.errors == 0
        put(app, "chat", "chat-two")
        assert task(app).unsaved
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not task(app).unsaved)

    drive(on(path), play)
    assert path.read_text() == text.replace("chat", "chat-two", 1) and kept_draft(path) is None


def test_what_was_typed_when_the_line_dropped_is_back_and_can_be_dropped(file: Path) -> None:
    before = file.read_text()

    async def type_and_die(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("x")  # and the program ends at once, without any question

    drive(on(file), type_and_die)
    assert file.read_text() == before

    async def again(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        assert task(app).editor.text == "x" + before and task(app).unsaved
        await pilot.press("f9")
        await until(pilot, lambda: task(app).editor.text == before)
        await until(pilot, lambda: kept_draft(file) is None)

    drive(on(file), again)


def test_what_is_typed_is_kept_while_the_program_runs_so_that_killing_it_loses_nothing(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        await until(pilot, lambda: (draft := kept_draft(file)) is not None and draft.text.startswith("x{"))

    drive(on(file), play)


def test_the_footer_names_no_key_that_would_be_typed_into_the_text(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        hints = "".join(piece.text for piece in hint_line(task(app), 80))
        assert "F1 help" in hints
        assert "Esc leave" in hints  # no screen is before this one

    drive(on(file), play)


def test_leaving_with_unsaved_changes_asks_once(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("x", "escape")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is task(app))
        await pilot.press("backspace", "escape")
        await until(pilot, lambda: app.return_value is not None)

    drive(on(file), play)


def test_a_file_that_somebody_else_has_changed_is_not_written_over_without_asking(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("x")
        file.write_text("theirs")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is task(app))
        assert file.read_text() == "theirs" and task(app).unsaved
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: not task(app).unsaved)

    drive(on(file), play)
    assert file.read_text().startswith("x{")


def test_a_task_with_an_error_is_not_started_and_the_cursor_goes_there(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        put(app, '"maximize_throughput"', '"maximise"')
        await pilot.press("f5")
        row = task(app).editor.text[: task(app).editor.text.index("maximise")].count("\n")
        await until(pilot, lambda: task(app).editor.cursor_location[0] == row)
        assert app.screen is task(app) and not app.runs

    drive(on(file), play)


def test_a_run_that_cannot_begin_says_why_with_its_cure_and_the_text_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: AutotunerApp, order: Any) -> None:
        assert order.loaded.task.task_name == "chat" and not order.options.unattended
        raise UserError("run ab12 is under way", cure="attach to it")

    monkeypatch.setattr(AutotunerApp, "begin", refused)

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: "run ab12 is under way" in shown(task(app), "#problems"))
        assert "attach to it" in shown(task(app), "#problems")

    drive(on(file), play)


def test_a_new_task_is_asked_for_its_file_and_tab_completes_folders(tmp_path: Path) -> None:
    from autotuner_tui.editing.document import begun

    (tmp_path / "tasks").mkdir()

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PathQuestion))
        from textual.widgets import Input

        field = app.screen.query_one(Input)
        offered = field.value
        await pilot.press(*"own.json")  # in place of the name that was offered
        assert field.value == "".join(offered.rpartition("/")[:2]) + "own.json"
        field.value = f"{tmp_path}/ta"
        field.cursor_position = len(field.value)
        await pilot.press("tab")
        await until(pilot, lambda: field.value == f"{tmp_path}/tasks/")
        await pilot.press(*"new.json", "enter")
        await until(pilot, lambda: (tmp_path / "tasks" / "new.json").exists() and app.screen is task(app))

    drive(lambda app: TaskScreen(begun(), arguments()), play)
    assert "my-task" in (tmp_path / "tasks" / "new.json").read_text()


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
def test_on_a_small_terminal_every_panel_is_reached_by_one_key(size: tuple[int, int], file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        seen = set()
        for _ in range(4):
            screen = task(app)
            seen |= {one.id for one in screen.query(".panel") if one.size.height and one.size.width}
            assert size[0] > 40 or seen & {"editor"}, "the text is what a narrow terminal begins with"
            await pilot.press("f6")
            await pilot.pause()
        assert seen == {"editor", "problems", "plan", "key"}

    drive(on(file), play, size)


def test_nothing_is_sent_while_nobody_types(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        painted: list[Any] = []
        driver = app._driver
        assert driver is not None
        driver.write = painted.append  # type: ignore[method-assign]
        for _ in range(5):
            task(app).tick()
            await pilot.pause(0.05)
        assert painted == []

    drive(on(file), play)


def test_who_types_on_and_on_does_not_lose_it_with_a_killed_screen(file: Path) -> None:
    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))

        def kept_while_typing() -> bool:
            task(app).editor.insert("x", (0, 0))
            return (draft := kept_draft(file)) is not None and draft.text.startswith("x")

        await until(pilot, kept_while_typing)

    drive(on(file), play)


def test_the_objective_and_its_limits_are_read_whole_in_the_plan_beside_the_text(file: Path) -> None:
    slo = {"ttft.p95": 0.5, "tpot.p90": 0.05, "e2e_latency.p99": 12.5}
    file.write_text(json.dumps({**TASK, "optimization": {"objective": "maximize_throughput", "slo": slo}}))

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        def plan() -> str:
            width = task(app).query_one("#plan").size.width
            return " ".join(" ".join(row[:width] for row in shown(task(app), "#plan").splitlines()).split())

        await until(pilot, lambda: "e2e_latency.p99 at most 12.5 s" in plan(), 10, what=plan)

    drive(on(file), play)


EVIL = "\x1b]52;c;aGFjaw==\x1b\\\x9b2J\u202e"


def _strips(app: AutotunerApp) -> str:
    """All that is about to be sent."""
    rows = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens).strips  # type: ignore[union-attr]
    return "".join(segment.text for row in rows for strip in row for segment in strip)


def test_a_task_file_from_elsewhere_cannot_reach_into_the_terminal_of_who_opens_it(file: Path) -> None:
    file.write_text(file.read_text().replace("chat", f"chat{EVIL}"))

    async def play(app: AutotunerApp, pilot: Pilot[Any]) -> None:
        await until(pilot, checked(app))
        await until(pilot, lambda: "chat·]52" in _strips(app))
        assert not set(EVIL) & set(_strips(app)) & set("\x1b\x9b\u202e")
        assert EVIL in task(app).editor.text  # shown otherwise, kept as it is
        app.push_screen(PathQuestion("Open", EVIL))
        await until(pilot, lambda: isinstance(app.screen, PathQuestion) and app.screen.query(Field))
        app.screen.query_one(Field).insert_text_at_cursor(EVIL)
        await until(pilot, lambda: "]52" in app.screen.query_one(Field).value)
        assert not set(_strips(app)) & set("\x1b\x9b\u202e")
        app.push_screen(Question(f"Leave{EVIL}", [f"{EVIL} was changed"], "leaves"))
        await until(pilot, lambda: "was changed" in _strips(app))
        assert not set(_strips(app)) & set("\x1b\x9b\u202e")

    drive(on(file), play)
