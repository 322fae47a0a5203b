"""Where keys, requests and answers of a view meet what it shows."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

from autotuner_core.run.run_state import RunState
from autotuner_tui.live.footer import Footer
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.keys import DETACH, Dialogue, Impossible
from autotuner_tui.live.situation import Situation, situation_of
from autotuner_tui.live.steerer import Steerer

if TYPE_CHECKING:
    from autotuner_tui.headless.progress import LiveProgress


class Desk:
    """`display`: where hints and questions are shown, if anywhere. `steers`: whether this view may ask for anything;
    `keys`: whether it has any. `child`: the host, where this process has started it."""

    def __init__(
        self,
        steerer: Steerer,
        look: HostLook,
        display: LiveProgress | None,
        *,
        steers: bool,
        keys: bool,
        child: subprocess.Popen[bytes] | None,
    ) -> None:
        self.detached = False
        self._steerer, self._look, self._display = steerer, look, display
        self._steers, self._keys, self._child = steers, keys, child
        self._dialogue, self._footer = Dialogue(), Footer()

    @property
    def own(self) -> bool:
        """Whether this is the view of the call that began the run."""
        return self._child is not None

    def prepare(self, state: RunState) -> list[str]:
        """Have the next picture show what is to be shown below it; gives what must be told as lines instead."""
        said = []
        while not self._steerer.answers.empty():
            said.append(self._steerer.answers.get())
        if self._display is None:
            return said
        if said:
            self._footer.say(said[-1])
        elsewhere = None if self._look.here() else self._look.holder()
        now, columns = self._situation(state), self._display.columns - 1
        self._dialogue.refresh(now)
        self._display.footer = self._footer.lines(now, self._dialogue.question, elsewhere, columns)
        return []

    def take(self, keys: str, state: RunState) -> None:
        """Do what these keys ask for."""
        for key in keys:
            self._footer.say("")
            try:
                request = self._dialogue.press(key, self._situation(state))
            except Impossible as reason:
                self._footer.say(str(reason))
                continue
            if request is not None and request.command == DETACH:
                self.detached = True
            elif request is not None:
                self._footer.say(self._steerer.send(request))

    def say(self, message: str) -> None:
        """Have the next picture show this."""
        self._footer.say(message)

    def interrupt(self, again: bool) -> None:
        """Ctrl+C in the run's own view: the host gets the signal, as if it had the terminal. Thread-safe."""
        if self._child is not None:
            self._child.send_signal(signal.SIGINT)
        politely = "nothing new starts; cleaning up and saving (once more to leave at once)"
        self._steerer.answer(f"Ctrl+C: {'what runs is killed, the run ends at once' if again else politely}")

    def _situation(self, state: RunState) -> Situation:
        steerable = self._steers and self._look.here()
        return situation_of(state, steerable=steerable, own=self.own, keys=self._keys)
