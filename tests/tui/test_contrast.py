"""Every style can be read in both themes: 4.5 to 1 at least, as WCAG 2 asks of text."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color

from autotuner_core.run import events as ev
from autotuner_tui.app import AutotunerApp
from autotuner_tui.settings import DEFAULT_THEME, LIGHT_THEME, Settings
from autotuner_tui.widgets.lines import STYLES, LinesView
from on_screen import on_screen
from recorded_run import Driven, recorded
from recordings import beginning, scored

LEAST = 4.5
UNDER_WAY = [
    ev.AttemptStarted(experiment=2, attempt=1),
    ev.LevelStarted(experiment=2, attempt=1, level=1, scenario="D(100,100)", concurrency=2),
]


def ratio(one: Color, other: Color) -> float:
    """The contrast of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _of(style: Style) -> float:
    assert style.color is not None and style.bgcolor is not None
    return ratio(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))


def _faint(view: LinesView) -> list[str]:
    names = [name for one in STYLES if one != "cursor" for name in (one, f"cursor {one}")]
    return [f"{view.id or type(view).__name__}: {name}" for name in ("", *names) if _of(view._style(name)) < LEAST]


def _painted(app: AutotunerApp) -> list[str]:
    """Words as they stand on the screen, titles of panels too; bars and frames are no words."""
    rows = app.screen._compositor.render_update(full=True).strips  # type: ignore[union-attr]
    segments = [segment for row in rows for strip in row for segment in strip]
    return [
        segment.text
        for segment in segments
        if any(character.isalnum() for character in segment.text) and _of(segment.style or Style()) < LEAST
    ]


@pytest.mark.parametrize("theme", [DEFAULT_THEME, LIGHT_THEME])
def test_no_word_is_too_faint_to_be_read(tmp_path: Path, theme: str) -> None:
    folder = recorded(tmp_path, [*beginning(3), *scored(1, 10.0), *UNDER_WAY])

    async def does(run: Driven) -> None:
        await run.sees("queued", "level 1/2")
        screen = run.app.screen
        faint = [one for view in screen.query(LinesView) for one in _faint(view)]
        assert faint + _painted(run.app) == []

    on_screen(lambda app: app.open_run(folder), lambda pilot: does(Driven(pilot)), settings=Settings(theme=theme))


def test_another_theme_reaches_every_word_on_the_screen(tmp_path: Path) -> None:
    folder = recorded(tmp_path, [*beginning(3), *scored(1, 10.0), *UNDER_WAY])

    def styles(screen: Driven) -> dict[tuple[str, str], str]:
        views = screen.app.screen.query(LinesView)
        return {(view.id or type(view).__name__, name): str(view._style(name)) for view in views for name in STYLES}

    def shown(theme: str, then: str) -> dict[tuple[str, str], str]:
        seen = {}

        async def does(screen: Driven) -> None:
            await screen.sees("queued", "level 1/2")
            styles(screen)
            screen.app.theme = then
            await screen.pilot.pause()
            seen.update(styles(screen))

        on_screen(lambda app: app.open_run(folder), lambda pilot: does(Driven(pilot)), settings=Settings(theme=theme))
        return seen

    assert shown(DEFAULT_THEME, LIGHT_THEME) == shown(LIGHT_THEME, LIGHT_THEME)
