"""The command palette: every action of the place where one is, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from autotuner_tui.actions import EVERYWHERE, Action
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.acting import ActionScreen, act, situation_at


class Actions(Provider):
    """What the footer and the help show, found by typing."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action, owner in self._possible():
            yield DiscoveryHit(_name(action), partial(act, owner, action), help=f"key {action.shown_key}")

    async def search(self, query: str) -> Hits:
        """Those whose words match."""
        matcher = self.matcher(query)
        for action, owner in self._possible():
            if (score := matcher.match(_name(action))) > 0:
                shown = matcher.highlight(_name(action))
                yield Hit(score, shown, partial(act, owner, action), help=f"key {action.shown_key}")

    def _possible(self) -> Iterator[tuple[Action, DOMNode]]:
        """What the screen can do first: who opens a palette does not look for the cursor keys."""
        screen = self.screen
        if not isinstance(screen, ActionScreen):
            return
        now, seen = situation_at(screen), set()
        for place, owner in sorted(screen.places(), key=lambda at: (at[0] != screen.PLACE, at[0] == EVERYWHERE)):
            for action in ACTIONS.of(place):
                if action.id not in seen and action.possible(now) and hasattr(owner, f"do_{action.id}"):
                    seen.add(action.id)
                    yield action, owner


def _name(action: Action) -> str:
    return action.help[:1].upper() + action.help[1:]
