"""README's pictures of the screen: `python -m tests.pictures` runs the demo for real and takes them into docs/."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.app import AutotunerApp
from autotuner_tui.headless.stages import level_under_way
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
SIZE = (132, 38)
SCORED_BEFORE = 4
"""Experiments: the run's picture is taken when so many are scored, some seconds into a level."""
INTO_A_LEVEL_SECONDS, PATIENCE_SECONDS = 6.0, 600.0


def demo(place: Path) -> tuple[subprocess.Popen[bytes], RunFolder]:
    """The demo, begun in a folder of its own."""
    words = [sys.executable, "-m", "autotuner_tui", "demo", "--no-ui"]
    process = subprocess.Popen(words, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found: list[Path] = []
    wait(lambda: found.extend((place / "results").glob("*/*/journal.jsonl")) or found)
    return process, RunFolder(found[0].parent)


def wait(condition: Callable[[], Any]) -> None:
    """Until it is true. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the demo did not come so far")
        time.sleep(0.1)


def in_a_level(folder: RunFolder) -> bool:
    """Whether there is something to see."""
    state = RunState.of(read_journal(folder.journal))
    level = next((at for e in state.running if e.latest and (at := level_under_way(e.latest))), None)
    began = level.started.ts if level and level.started and level.level > 0 else time.time()
    return state.counts()["success"] >= SCORED_BEFORE and time.time() - began > INTO_A_LEVEL_SECONDS


def take(name: str, first: Callable[[AutotunerApp], Screen[Any]], keys: Sequence[str] = ()) -> None:
    """Save what the program shows with this first screen after these keys as docs/NAME.svg."""

    async def taken() -> None:
        app = AutotunerApp(first, Settings())
        async with app.run_test(size=SIZE) as pilot:
            await _settled(pilot)
            for key in keys:
                app.simulate_key(key)
                await _settled(pilot)
            (DOCS / f"{name}.svg").write_text(app.export_screenshot(title="autotuner-tui"), encoding="utf-8")

    asyncio.run(taken())


async def _settled(pilot: Pilot[Any]) -> None:
    while not isinstance(pilot.app.screen, ActionScreen):
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)  # some ticks: a picture is looked at by people


def main() -> None:
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        stack.callback(os.chdir, Path.cwd())
        os.chdir(place)
        process, folder = demo(Path(place))
        stack.callback(process.kill)
        wait(lambda: in_a_level(folder))
        take("run", lambda app: app.open_run(folder))
        wait(lambda: process.poll() is not None)
        take("results", lambda app: app.open_run(folder), ["v"])


if __name__ == "__main__":
    main()
