"""One key after another. Over a slow line keys come several at a time, and text is pasted as keys: what comes behind a
key must meet the screen that this key has made. `/pods` filters; it does not pause the run by its `p`."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual.events import Event, Key, Paste
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

LEAST_ROUNDS, MOST_ROUNDS = 2, 20
"""How often a key's way is gone: a key's action may ask another widget for what it does."""
LONGEST_ROUND = 0.5
"""Seconds: a widget that is taken away meanwhile answers no more."""


class KeysInTurn:
    """Of one program. `take` says whether an event is to be handled now; those that are not come again, in order."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Event] = deque()
        self._next: Event | None = None
        self._handling: asyncio.Task[None] | None = None

    def take(self, event: Event) -> bool:
        """Whether it is its turn; never where the program is being taken down."""
        if not isinstance(event, (Key, Paste)):
            return True
        if not self._there:
            return False
        if event is self._next or event.is_forwarded:
            return True
        if self._handling is not None:
            self._waiting.append(event)
            return False
        self._handling = asyncio.create_task(self._hand_on())
        return True

    @property
    def _there(self) -> bool:
        """Whether there is a screen to take keys."""
        return self._app.is_running and bool(self._app.screen_stack)

    async def _hand_on(self) -> None:
        await self._until_handled()
        while self._waiting and self._there:
            self._next = self._waiting.popleft()
            self._app.post_message(self._next)
            await self._until_handled()
        self._next = self._handling = None

    async def _until_handled(self) -> None:
        """Until what has the keys is the same for a whole round."""
        for number in range(MOST_ROUNDS):
            if not self._there:
                return
            before = self._app.screen, self._app.focused
            try:
                await asyncio.wait_for(self._round(), LONGEST_ROUND)
            except asyncio.TimeoutError:
                return
            if number + 1 >= LEAST_ROUNDS and self._there and before == (self._app.screen, self._app.focused):
                return

    async def _round(self) -> None:
        """From the program to what has the focus and, as a key goes that nobody has stopped, back to the program."""
        await _passed(self._app)
        if not self._there:
            return
        for node in (self._app.focused or self._app.screen).ancestors_with_self:
            if isinstance(node, MessagePump):
                await _passed(node)


async def _passed(node: MessagePump) -> None:
    """Until it has handled what it had before."""
    done = asyncio.Event()
    if node.is_running and node.call_later(done.set):
        await done.wait()
