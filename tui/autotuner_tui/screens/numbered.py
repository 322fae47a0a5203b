"""Panels that are chosen by their numbers."""

from __future__ import annotations


class NumberedPanels:
    """Mixed into a screen: each `panel_N` of its place in the registry shows one."""

    def show_panel(self, number: int) -> None:
        """Show a panel, from 1, where not all have room, and give it the keys."""
        raise NotImplementedError

    def do_panel_1(self) -> None:
        """The first."""
        self.show_panel(1)

    def do_panel_2(self) -> None:
        """The second."""
        self.show_panel(2)

    def do_panel_3(self) -> None:
        """The third."""
        self.show_panel(3)

    def do_panel_4(self) -> None:
        """The fourth."""
        self.show_panel(4)

    def do_panel_5(self) -> None:
        """The fifth."""
        self.show_panel(5)

    def do_panel_6(self) -> None:
        """The sixth."""
        self.show_panel(6)
