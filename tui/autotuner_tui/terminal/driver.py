"""Textual's driver for terminals, with lean frames."""

from __future__ import annotations

from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from autotuner_tui.terminal.lean_frames import LeanFrames


class LeanDriver(LinuxDriver):
    """Sends only cells that differ from what was sent before."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._frames = LeanFrames()

    def write(self, data: str) -> None:
        """Send what is new in it."""
        if lean := self._frames.lean(data):
            super().write(lean)

    def start_application_mode(self) -> None:
        """The terminal is ours (again)."""
        self._frames.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def forget(self) -> None:
        """What stands on the terminal is not known any more: its size has changed."""
        self._frames.forget()
