"""The keys of the place where one is."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.widgets import Static

from autotuner_tui.actions import written
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen, situation_at
from autotuner_tui.screens.box import Box

SCROLLING = ("up", "down", "pageup", "pagedown", "home", "end", "j", "k")


class HelpScreen(Box[None]):
    """Any key closes it, but those that scroll."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll { width: 84; max-width: 96%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 2; }
    """

    def __init__(self, about: ActionScreen) -> None:
        super().__init__()
        self._rows = help_rows(about)

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with VerticalScroll() as box:
            box.border_title, box.border_subtitle = "keys", "any key closes this"
            yield Static(_as_table(self._rows))

    def on_key(self, event: Key) -> None:
        """Scroll or close."""
        event.stop()
        event.prevent_default()
        box = self.query_one(VerticalScroll)
        if event.key in ("down", "j"):
            box.scroll_down(animate=False)
        elif event.key in ("up", "k"):
            box.scroll_up(animate=False)
        elif event.key == "pagedown":
            box.scroll_page_down(animate=False)
        elif event.key == "pageup":
            box.scroll_page_up(animate=False)
        elif event.key not in SCROLLING:
            self.dismiss(None)


def help_rows(screen: ActionScreen) -> list[tuple[str, str]]:
    """Keys and what they do, by place; what cannot be done now is marked. A place's name has no words beside it."""
    now = situation_at(screen)
    rows: list[tuple[str, str]] = []
    seen: set[str] = set()
    for place, _ in screen.places():
        actions = [action for action in ACTIONS.of(place) if place in action.places and action.id not in seen]
        seen.update(action.id for action in actions)
        if actions:
            rows += [("", ""), (place.capitalize(), "")]
        for action in actions:
            keys = " ".join(dict.fromkeys(written(key) for key in action.keys))
            rows.append((f"  {keys}", f"{action.help}{'' if action.possible(now) else ' (not now)'}"))
    return rows[1:]


def _as_table(rows: list[tuple[str, str]]) -> Table:
    """Words that do not fit go on below words, not below keys."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for keys, words in rows:
        table.add_row(Text(keys, "" if words else "bold"), Text(words))
    return table
