"""Screens in tests: a command line that names nothing, a test that is handed the program, what a widget shows."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from autotuner_tui.app import AutotunerApp
from autotuner_tui.widgets.lines import LinesView, texts
from on_screen import on_screen

Play = Callable[[AutotunerApp, Pilot[Any]], Awaitable[None]]


def arguments(**given: Any) -> Namespace:
    """A command line that names nothing."""
    usual: dict[str, Any] = {"results_dir": "results", "direct": False, "templates": None, "take_over": False}
    cluster: dict[str, Any] = {"cluster": False, "kubeconfig": None, "context": None, "namespace": None}
    return Namespace(**{**usual, **cluster, **given})


def drive(first: Callable[[AutotunerApp], Screen[Any]], play: Play, size: tuple[int, int] = (160, 45)) -> None:
    """Open the program on this screen, and play."""

    async def test(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, AutotunerApp)
        await play(app, pilot)

    on_screen(first, test, size)


def shown(screen: Screen[Any], selector: str) -> str:
    """The lines of a widget now."""
    return "\n".join(texts(screen.query_one(selector, LinesView).visible_lines()))
