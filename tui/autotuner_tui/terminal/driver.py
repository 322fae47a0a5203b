"""Textual's driver for terminals, with lean frames, and a terminal that is given back whatever stopped the program."""

from __future__ import annotations

from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from autotuner_tui.terminal.lean_frames import LeanFrames


class LeanDriver(LinuxDriver):
    """Sends only cells that differ from what was sent before."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._frames = LeanFrames()
        self._has_terminal = False

    def write(self, data: str) -> None:
        """Send what is new in it."""
        if lean := self._frames.lean(data):
            super().write(lean)

    def start_application_mode(self) -> None:
        """The terminal is ours (again)."""
        self._frames.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._has_terminal = True

    def stop_application_mode(self) -> None:
        """The terminal is the shell's again."""
        self._has_terminal = False
        super().stop_application_mode()

    def forget(self) -> None:
        """What stands on the terminal is not known any more: its size has changed."""
        self._frames.forget()

    def _sigcont_application(self, *signalled: Any) -> None:
        """Textual takes every SIGCONT for the end of what SIGTSTP began, and starts anew. After a SIGSTOP, or from who
        sends it along with SIGTERM, nothing had ended: a second reader of keys would keep the program from leaving, and
        the terminal be given back as we have set it."""
        if self._must_signal_resume:
            super()._sigcont_application(*signalled)
        elif self._has_terminal and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_up_again)

    def _take_up_again(self) -> None:
        """End what reads and writes, begin anew: a shell may have used the terminal since."""
        if not self._has_terminal:
            return
        to_give_back = self.attrs_before
        self.disable_input()
        self.close()
        self._must_signal_resume = True  # the screen is painted anew
        self.start_application_mode()
        self.attrs_before = to_give_back
