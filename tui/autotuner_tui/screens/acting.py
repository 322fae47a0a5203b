"""How screens and widgets get their keys from the registry: a `PLACE`, and a method `do_{id}` for each action of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, cast

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from autotuner_tui.actions import EVERYWHERE, Action, written
from autotuner_tui.live.situation import Situation
from autotuner_tui.registry import ACTIONS
from autotuner_tui.screens.box import Answer, Box
from autotuner_tui.screens.first_picture import FirstPicture
from autotuner_tui.screens.kept_focus import KeptFocus


def bindings_of(place: str) -> list[Binding]:
    """Textual's bindings of a place's own actions; those of everywhere are bound by the app. The words shown are made
    by the footer, so these only name what the palette finds."""
    return [
        Binding(",".join(action.keys), f"act('{action.id}')", action.help, show=False, id=f"{place}.{action.id}")
        for action in ACTIONS
        if place in action.places
    ]


class Acting(DOMNode):
    """Mixed into a screen or widget: binds the keys of its PLACE."""

    PLACE: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if place := cls.__dict__.get("PLACE"):
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", ()), *bindings_of(place)]
        super().__init_subclass__(**kwargs)

    async def action_act(self, id: str) -> None:
        """Do the action of that id, or say why that is not possible now."""
        await act(self, ACTIONS.named(id, self.PLACE))


async def act(owner: DOMNode, action: Action) -> None:
    """Call the owner's `do_{id}`; where the situation forbids it, say so instead."""
    if not action.possible(situation_at(owner)):
        screen = owner if isinstance(owner, Screen) else owner.app.screen
        if isinstance(screen, ActionScreen):
            screen.say(f"not possible now: {written(action.keys[0])}, {action.help}")
        return
    done = getattr(owner, f"do_{action.id}")()
    if hasattr(done, "__await__"):
        await done


def situation_at(node: DOMNode) -> Situation:
    """What the person could do now, as the screen of the node says."""
    screen = node if isinstance(node, Screen) else node.app.screen
    if not isinstance(screen, ActionScreen):
        return Situation()
    below = screen.app.screen_stack[:2]  # Textual's own screen lies below all
    return replace(screen.situation(), at_first=screen in below)


class ActionScreen(KeptFocus, FirstPicture, Acting):
    """Base of all screens of ours."""

    def situation(self) -> Situation:
        """What is possible here now; screens with a run override it."""
        return Situation(steerable=False)

    def places(self) -> list[tuple[str, DOMNode]]:
        """The places whose keys hold now, the focused widget's first, each with who does them."""
        found: list[tuple[str, DOMNode]] = []
        place = getattr(self.focused, "PLACE", "")
        if self.focused is not None and place:
            found.append((place, self.focused))
        own: list[tuple[str, DOMNode]] = [(self.PLACE, self)] if self.PLACE else []
        return [*found, *own, (EVERYWHERE, self.app)]

    def do_suspend(self) -> None:
        """Back to the shell; `fg` comes back here."""
        self.app.action_suspend_process()

    async def answer(self, box: Box[Answer]) -> Answer | None:
        """What the person says in this box; None where another one is open already, which a key pressed twice must not
        cover."""
        if self._asking or not self.is_current:
            return None
        self._asking = True
        try:
            return await self.app.push_screen_wait(cast(Screen[Answer | None], box))
        finally:
            self._asking = False

    _asking = False

    def say(self, message: str) -> None:
        """Tell the person something, in the footer where there is one."""
        from autotuner_tui.widgets.footer import Footer

        for footer in self.query(Footer):
            footer.say(message)
            return
        self.notify(message, markup=False)

    def on_mount(self) -> None:
        """The keys that hold are another widget's as soon as that has the focus."""
        self.watch(self, "focused", self._focus_moved, init=False)

    def _focus_moved(self) -> None:
        from autotuner_tui.widgets.footer import Footer

        for footer in self.query(Footer):
            footer.repaint()

    def focus_at_once(self, panel: Widget) -> None:
        """Give a panel, or the first in it that takes keys, the next key, also where it is only about to be shown."""
        taking = panel if panel.can_focus else next((one for one in panel.query("*") if one.can_focus), None)
        if taking is not None:
            self.set_focus(taking)

    @property
    def stands(self) -> bool:
        """Whether all its panels are there: neither is it still coming up, nor is it being taken down."""
        return self.is_running and self.is_mounted and self.display and not self._pruning

    def tick_soon(self) -> None:
        """Bring it up to date once what has changed about it is laid out."""
        self.call_after_refresh(self.tick_now)

    def tick_now(self) -> None:
        """The same at once, for work beside the screen that is done: nothing where the screen has gone meanwhile."""
        if self.stands:
            self.give_focus_back()
            self.tick()
            self.paint_filled()

    def on_screen_resume(self) -> None:
        """What came meanwhile."""
        self.tick_soon()

    def on_resize(self) -> None:
        """Lines that are made for a width are made anew, once the panels have theirs."""
        self.tick_soon()

    def tick(self) -> None:
        """Called at the render rate while this screen is the one shown."""
