"""A terminal that is made small for a moment hides panels: the one that had the keys has them again when it is shown
again, unless the person has chosen another meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from textual.screen import Screen
from textual.widget import Widget


class KeptFocus(Screen[Any]):
    """Base of screens that show other panels at other sizes."""

    _hidden: Widget | None = None
    """What the person had given the keys when it was hidden."""
    _of_itself = False
    """Whether the focus moves now without the person."""

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Textual's: also called where the whole terminal gets or loses the focus, which chooses nothing."""
        if widget is not None and not from_app_focus and not self._of_itself:
            self._hidden = None
        super().set_focus(widget, scroll_visible, from_app_focus)

    def _reset_focus(self, widget: Widget, avoiding: list[Widget] | None = None) -> None:
        """Textual's: the widget is hidden or removed. Some other one that is shown gets the keys."""
        if self.focused is not widget:
            return
        self._hidden = self._hidden or widget
        self._of_itself = True
        super()._reset_focus(widget, avoiding)
        self._focus_any(avoiding or ())
        self._of_itself = False
        self.call_after_refresh(self.give_focus_back)  # it may be shown again already

    def _focus_any(self, avoiding: Collection[Widget]) -> None:
        shown = [one for one in self.focus_chain if one not in avoiding]
        if self.focused is None and shown:
            self.set_focus(shown[0])

    def give_focus_back(self) -> None:
        """To what was hidden, where it is shown again; called once a resize has been laid out."""
        if self._hidden is not None and self._hidden in self.focus_chain:
            self.set_focus(self._hidden)
