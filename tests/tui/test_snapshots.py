"""How each screen looks, as pictures that were looked at: `pytest tests/tui/test_snapshots.py --snapshot-update` takes
them anew where a change of looks is meant."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from autotuner_tui import open_run
from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens import start, steering
from autotuner_tui.settings import Settings
from autotuner_tui.widgets import start_panels
from on_screen import until
from scenes import NOW, SCENES, Scene

Compare = Callable[..., bool]

WIDE, NORMAL, NARROW = (160, 45), (80, 24), (40, 20)
LOOKS = [
    *(("dark", size) for size in (WIDE, NORMAL, NARROW)),
    *((look, size) for look in ("light", "no-colour") for size in (WIDE, NORMAL)),
]
SAME_SCREEN = ("run-paused", "run-interrupted")
"""Another standing of a screen that has pictures in every look: dark is enough."""
SHOTS = [(name, *look) for name in SCENES for look in LOOKS if name not in SAME_SCREEN or look[0] == "dark"]
SAME_TURNS = 3
"""So often in a row the screen is looked at and is the same before its picture is taken."""


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG", "SSH_CONNECTION", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(open_run, "tick_seconds", lambda: 0.1)
    for module in (open_run, start_panels, steering):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setattr(start, "has_place", lambda arguments: False)  # of this machine
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("name", "look", "size"), SHOTS, ids=[f"{n}-{look}-{s[0]}" for n, look, s in SHOTS])
def test_the_screen_looks_as_it_was_approved(
    name: str, look: str, size: tuple[int, int], tmp_path: Path, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[name]
    if look == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    theme = "autotuner-light" if look == "light" else "autotuner-dark"
    app = AutotunerApp(scene.first(tmp_path), Settings(theme=theme, ansi=look == "no-colour"))
    words = (*scene.words, *(scene.wide if size == WIDE else ()))
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: _come_to(pilot, scene, words))
    assert app.fault is None


async def _come_to(pilot: Pilot[Any], scene: Scene, words: tuple[str, ...]) -> None:
    """Open the screen, and wait until all of it is there."""
    app = pilot.app
    assert isinstance(app, AutotunerApp)
    await until(pilot, lambda: len(app.screen_stack) > 1 and all(run.loaded for run in app.runs) and _seen(app))
    for key in scene.keys:
        await _settled(pilot)
        app.simulate_key(key)
    await until(
        pilot, lambda: all(word in _seen(app) for word in words), 10.0, what=lambda: f"all of {words} in\n{_seen(app)}"
    )
    await _settled(pilot)


async def _settled(pilot: Pilot[Any]) -> None:
    before, same = "", 0
    while same < SAME_TURNS:
        await asyncio.sleep(0.02)
        now = _seen(pilot.app)
        same = same + 1 if now == before else 0
        before = now


def _seen(app: Any) -> str:
    """All that stands on the screen, made as for the picture: with the screens behind a box."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return "\n".join("".join(strip.text for strip in row) for row in update.strips)
