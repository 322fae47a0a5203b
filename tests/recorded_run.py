"""The terminal program on a recorded run, driven by keys, for tests."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_tui.app import AutotunerApp
from autotuner_tui.widgets.lines import LinesView, texts
from on_screen import on_screen, until
from recordings import stamped


def recorded(place: Path, events: Iterable[ev.Event]) -> RunFolder:
    """A run's folder with these events in its journal."""
    folder = RunFolder(place / "results" / "chat" / "ab12")
    folder.root.mkdir(parents=True)
    append(folder, stamped(events))
    return folder


def append(folder: RunFolder, events: Iterable[ev.Event]) -> None:
    """Events that come while the screen looks; they have their numbers."""
    with folder.journal.open("a") as journal:
        journal.write("".join(json.dumps(event.to_record()) + "\n" for event in events))


class Driven:
    """The program while it is driven."""

    def __init__(self, pilot: Pilot[Any]) -> None:
        assert isinstance(pilot.app, AutotunerApp)
        self.app, self.pilot = pilot.app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], object], what: str = "a condition") -> None:
        """Let the program go on until that is so."""
        await until(self.pilot, condition, what=lambda: "\n".join((f"{what}; there is:", *self.shown())))

    async def sees(self, *words: str) -> None:
        """Wait until all of them are to be read."""
        await self.until(lambda: all(word in self.text for word in words), f"all of {words}")

    def shown(self) -> list[str]:
        """What the panels of the screen show."""
        lines = []
        for view in self.app.screen.query(LinesView):
            if view.size.height and view.is_attached:
                lines += [f"[{view.id}] {view.border_title or ''}", *texts(view.visible_lines())]
        return lines

    @property
    def text(self) -> str:
        """The same in one piece."""
        return "\n".join(self.shown())


def driven(folder: RunFolder, does: Callable[[Driven], Awaitable[None]], size: tuple[int, int] = (160, 45)) -> None:
    """Open the run on a screen of that size, and drive it."""
    on_screen(lambda app: app.open_run(folder), lambda pilot: does(Driven(pilot)), size)
