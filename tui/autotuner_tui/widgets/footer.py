"""The last row: the keys that can do something now, or a message for a few seconds."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget

from autotuner_tui.actions import Action, written
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen, situation_at
from autotuner_tui.widgets.lines import Line, LinesView, Piece, neutral, width_of

MESSAGE_SECONDS = 8.0


class Footer(LinesView):
    """Brought up to date by the screen's tick."""

    DEFAULT_CSS = "Footer { dock: bottom; height: 1; background: $panel; }"

    def __init__(self) -> None:
        super().__init__()
        self._message: tuple[str, str] | None = None
        self._timer_of = 0

    def say(self, message: str, style: str = "strong") -> None:
        """Show a message instead of the hints, for a while or until the next one."""
        self._message = (neutral(message), style)
        self._timer_of += 1
        told = self._timer_of
        self.set_timer(MESSAGE_SECONDS, lambda: self._forget(told))
        self.repaint()

    def _forget(self, told: int) -> None:
        if told == self._timer_of:
            self._message = None
            self.repaint()

    def visible_lines(self) -> Sequence[Line]:
        """One line."""
        if self._message is not None:
            text, style = self._message
            return [(Piece(f" {text}", style),)]
        screen = self.screen
        if typed := getattr(screen.focused, "HINTS", ()):
            return [tuple(piece for key, word in typed for piece in hint(key, word))]
        return [hint_line(screen, self.size.width)] if isinstance(screen, ActionScreen) else []


def hint(key: str, word: str) -> Line:
    """A key and what it does."""
    return Piece(f" {key}", "accent"), Piece(f" {word} ", "dim")


def free_key(action: Action, focused: Widget | None) -> str:
    """The first key of an action that the focused widget does not take as text that is typed."""
    for key in action.keys:
        shown = written(key)
        typed = shown if len(shown) == 1 and shown.isascii() else None
        if focused is None or not focused.check_consume_key(key, typed):
            return shown
    return action.shown_key


def hint_line(screen: ActionScreen, width: int) -> Line:
    """The hints for which there is room, the most needed first; each key once, the focused widget's meaning of it."""
    now = situation_at(screen)
    hints: dict[str, tuple[int, Line]] = {}
    taken: set[str] = set()
    for place, _ in screen.places():
        for action in ACTIONS.of(place):
            word = action.label(now)
            if action.keys[0] in taken or action.id in hints:
                continue
            taken.update(action.keys)
            if word and action.possible(now):
                hints[action.id] = (action.rank, hint(free_key(action, screen.focused), word))
    kept: set[str] = set()
    used = 0
    for name, (_, shown) in sorted(hints.items(), key=lambda item: item[1][0]):
        if used + width_of(shown) <= width:
            kept.add(name)
            used += width_of(shown)
    ordered = sorted((rank, shown) for name, (rank, shown) in hints.items() if name in kept)
    return tuple(piece for _, shown in ordered for piece in shown)
