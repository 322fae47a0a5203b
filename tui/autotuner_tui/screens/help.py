"""The keys of the place where one is."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from autotuner_tui.actions import written
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen

SCROLLING = ("up", "down", "pageup", "pagedown", "home", "end", "j", "k")


class HelpScreen(ModalScreen[None]):
    """Any key closes it, but those that scroll."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll { width: 84; max-width: 96%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 2; }
    """

    def __init__(self, about: ActionScreen) -> None:
        super().__init__()
        self._lines = help_lines(about)

    def compose(self) -> ComposeResult:
        """A box in the middle."""
        with VerticalScroll() as box:
            box.border_title, box.border_subtitle = "keys", "any key closes this"
            yield Static("\n".join(self._lines), markup=False)

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


def help_lines(screen: ActionScreen) -> list[str]:
    """A line for each action, by place; what cannot be done now is marked."""
    now = screen.situation()
    lines: list[str] = []
    seen: set[str] = set()
    for place, _ in screen.places():
        actions = [action for action in ACTIONS.of(place) if place in action.places and action.id not in seen]
        seen.update(action.id for action in actions)
        if actions:
            lines += ["", place.capitalize()]
        for action in actions:
            keys = " ".join(dict.fromkeys(written(key) for key in action.keys))
            lines.append(f"  {keys:<12}  {action.help}{'' if action.possible(now) else ' (not now)'}")
    return lines[1:]
