"""The terminal program in tests, without a terminal: keys are pressed, and it is waited for what it shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from autotuner_tui.app import AutotunerApp
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.settings import Settings


async def until(
    pilot: Pilot[Any],
    condition: Callable[[], object],
    deadline: float = 30.0,
    *,
    what: Callable[[], str] = lambda: "a condition",
) -> None:
    """Let the program go on until the condition is true. Fails the test when `deadline` seconds are over, and says then
    for what it waited."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline:g} s for {what()}")
        await pilot.pause(0.005)


def on_screen(
    first: Callable[[AutotunerApp], Screen[Any]],
    test: Callable[[Pilot[Any]], Awaitable[None]],
    size: tuple[int, int] = (160, 45),
    settings: Settings | None = None,
) -> None:
    """Run the program with this first screen, and the test against it."""

    async def run() -> None:
        app = AutotunerApp(first, settings or Settings())
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, ActionScreen) and app.screen.is_mounted)
            await test(pilot)
        if app.fault is not None:
            raise app.fault

    asyncio.run(run())
