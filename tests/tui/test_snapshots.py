"""How each screen looks, as pictures that were looked at: `pytest tests/tui/test_snapshots.py --snapshot-update` takes
them anew where a change of looks is meant."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from autotuner_core.run import events as ev
from autotuner_tui import open_run
from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.settings import Settings
from autotuner_tui.widgets.lines import LinesView, texts
from recorded_run import recorded
from recordings import beginning, scored

Compare = Callable[..., bool]

WIDE, NORMAL, NARROW = (160, 45), (80, 24), (40, 20)
LOOKS = [
    ("dark", WIDE), ("dark", NORMAL), ("dark", NARROW),
    ("light", WIDE), ("light", NORMAL), ("light", NARROW),
    ("no-colour", WIDE), ("no-colour", NORMAL), ("no-colour", NARROW),
]  # fmt: skip
SCREENS = {"run": (), "experiment": ("j", "enter"), "results": ("v",), "logs": ("l",), "help": ("question_mark",)}
ENGINE_LOG = "".join(f"[12:00:{n:02d}] request {n} done, 100 tokens\n" for n in range(30))


def ended_run() -> list[ev.Event]:
    """Of every outcome one."""
    where: dict[str, Any] = {"experiment": 3, "attempt": 1}
    failed = ev.AttemptEnded(
        **where, outcome="failed", cause="out_of_memory", message="CUDA out of memory",
        cure="lower mem_frac", evidence=("torch.OutOfMemoryError: Tried to allocate 2.00 GiB",),
    )  # fmt: skip
    return [
        *beginning(5), *scored(1, 1000.0), *scored(2, 1500.0, feasible=False, miss=0.4), ev.AttemptStarted(**where),
        failed, ev.Skipped(experiment=4, reason="by command"), ev.RunEnded(reason="stopped"),
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORFGBG", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(open_run, "tick_seconds", lambda: 0.5)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize(("look", "size"), LOOKS, ids=[f"{look}-{size[0]}" for look, size in LOOKS])
def test_the_screen_looks_as_it_was_approved(
    name: str, look: str, size: tuple[int, int], tmp_path: Path, snap_compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = recorded(tmp_path, ended_run())
    folder.attempt(2, 1).mkdir(parents=True)
    (folder.attempt(2, 1) / "engine.log").write_text(ENGINE_LOG)
    if look == "no-colour":
        monkeypatch.setenv("NO_COLOR", "1")
    theme = "autotuner-light" if look == "light" else "autotuner-dark"
    app = AutotunerApp(lambda app: app.open_run(folder), Settings(theme=theme, ansi=look == "no-colour"))
    keys = SCREENS[name]
    assert snap_compare(app, terminal_size=size, run_before=lambda pilot: _come_to(pilot, keys))


async def _come_to(pilot: Pilot[Any], keys: tuple[str, ...]) -> None:
    """Open the screen, and wait until nothing changes on it any more."""
    app = pilot.app
    assert isinstance(app, AutotunerApp)
    while not (app.runs and app.runs[0].loaded and isinstance(app.screen, ActionScreen)):
        await asyncio.sleep(0.01)
    await _settled(app)
    for key in keys:
        app.simulate_key(key)
        await _settled(app)


async def _settled(app: AutotunerApp) -> None:
    before, same = "", 0
    while same < 8:
        await asyncio.sleep(0.02)
        now = "\n".join(line for view in app.screen.query(LinesView) for line in texts(view._shown))
        same = same + 1 if now == before else 0
        before = now
