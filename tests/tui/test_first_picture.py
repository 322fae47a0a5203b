"""What a screen shows first is what it has to show."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.widgets.lines import line, texts
from autotuner_tui.widgets.text_lines import TextLines
from on_screen import on_screen, until


class Panels(ActionScreen):
    """A panel that the first tick fills."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]

    def compose(self) -> ComposeResult:
        yield TextLines(id="panel")

    def tick(self) -> None:
        self.query_one(TextLines).show([line("filled")])


@pytest.mark.parametrize(
    ("size", "classes"),
    [((160, 45), {"-wide", "-tall"}), ((80, 24), {"-normal", "-short"}), ((40, 20), {"-narrow", "-short"})],
)
def test_no_empty_panels_flash_before_a_screen_is_shown_at_the_size_it_has(
    size: tuple[int, int], classes: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[tuple[list[str], set[str]]] = []
    display = AutotunerApp._display

    def listening(app: AutotunerApp, screen: Screen[object], renderable: Any) -> None:
        if isinstance(screen, Panels) and renderable is not None:
            shown = texts(screen.query_one(TextLines).visible_lines())
            painted.append((shown, {name for name in screen.classes if name.startswith("-")}))
        display(app, screen, renderable)

    monkeypatch.setattr(AutotunerApp, "_display", listening)

    async def test(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: painted)
        assert painted[0] == (["filled"], classes)

    on_screen(lambda app: Panels(), test, size)
