"""A box over a screen: something is asked or shown, and one answer closes it."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Box(ModalScreen[Answer], Generic[Answer]):
    """Base of all boxes."""

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Close it, once: a key that was typed right behind the answer must not close what lies below."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
