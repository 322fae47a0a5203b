"""Everything that a key can do, said once: the bindings, the footer, the palette, the help and README's table of keys
are made from this registry, which refuses two meanings of one key in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from autotuner_tui.live.situation import Situation

EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Action:
    """`id`: the screen's or widget's method `do_{id}`. `keys`: Textual's names, the first one is shown. `places`: the
    contexts in which it exists (a screen's or a widget's `PLACE`, or EVERYWHERE). `word`: for the footer, which may
    depend on the situation; empty keeps it out of the footer. `possible`: when it can do something."""

    id: str
    keys: tuple[str, ...]
    places: frozenset[str]
    word: str | Callable[[Situation], str]
    help: str
    possible: Callable[[Situation], bool] = lambda now: True
    rank: int = 50
    """Which hints a narrow footer keeps: the lowest."""

    def label(self, now: Situation) -> str:
        """The footer's word now."""
        return self.word if isinstance(self.word, str) else self.word(now)

    @property
    def shown_key(self) -> str:
        """The first key as people write it: `S`, `Enter`, `^d`."""
        return written(self.keys[0])


class KeyConflict(Exception):
    """One key has two meanings in one place."""


NAMES = {
    "question_mark": "?", "slash": "/", "colon": ":", "enter": "Enter", "escape": "Esc", "space": "Space", "tab": "Tab",
    "left_square_bracket": "[", "right_square_bracket": "]", "less_than_sign": "<", "greater_than_sign": ">",
    "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "comma": ",", "full_stop": ".", "minus": "-",
    "plus": "+", "left": "←", "right": "→", "ampersand": "&", "shift+tab": "Shift+Tab",
}  # fmt: skip


def written(key: str) -> str:
    """Textual's name of a key as people write it."""
    if key in NAMES:
        return NAMES[key]
    if key.startswith("ctrl+"):
        return f"^{key[5:]}"
    return key.upper() if len(key) > 1 and key[0] == "f" and key[1:].isdigit() else key


class Registry:
    """All actions, in the order in which help shows them. `together`: for each screen's place those of the widgets that
    can have the focus in it. Raises KeyConflict."""

    def __init__(self, actions: Iterable[Action], together: Mapping[str, Iterable[str]]) -> None:
        self._actions = tuple(actions)
        for screen, widgets in together.items():
            for widget in (screen, *widgets):
                self._refuse_conflicts(screen, widget)

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def of(self, place: str) -> list[Action]:
        """Those of a place, with those of everywhere behind them."""
        own = [action for action in self._actions if place in action.places]
        return own + [action for action in self._actions if EVERYWHERE in action.places and action not in own]

    def named(self, id: str, place: str) -> Action:
        """The action of that id in a place. Raises KeyError."""
        for action in self.of(place):
            if action.id == id:
                return action
        raise KeyError(id)

    def _refuse_conflicts(self, screen: str, widget: str) -> None:
        taken: dict[str, str] = {}
        for action in dict.fromkeys([*self.of(screen), *self.of(widget)]):
            for key in action.keys:
                if taken.setdefault(key, action.id) != action.id:
                    places = screen if widget == screen else f"{widget} of {screen}"
                    raise KeyConflict(f"{written(key)} means `{taken[key]}` and `{action.id}` in {places}")
