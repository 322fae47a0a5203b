"""What the cluster has against a task, asked in the background while nobody types."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from textual.app import App
from textual.timer import Timer

from autotuner_core.findings import Finding
from autotuner_tui.background import Latest
from autotuner_tui.editing.examined import Examined, with_cluster

PAUSE_SECONDS = 1.5


class Preflight:
    """`changed` is called when there is an answer. The cluster is asked once for each text that could be run, and only
    where there is a way to one."""

    def __init__(self, app: App[object], arguments: Namespace, changed: Callable[[], None]) -> None:
        self._app, self._arguments, self._changed = app, arguments, changed
        self._latest: Latest[tuple[str, tuple[Finding, ...]]] = Latest(app, self._answered)
        self._answer: tuple[str, tuple[Finding, ...]] = ("", ())
        self._pause: Timer | None = None
        self.asking = False

    def want(self, found: Examined) -> None:
        """This is the text now: ask about it once it stays so for a moment."""
        if self._pause is not None:
            self._pause.stop()
        loaded, plan = found.loaded, found.plan
        if loaded is None or plan is None or loaded.task.backend != "ome" or found.errors:
            self.asking = False
            return
        if found.text != self._answer[0]:
            self._pause = self._app.set_timer(PAUSE_SECONDS, lambda: self._ask(found))

    def findings(self, found: Examined) -> tuple[Finding, ...]:
        """Those of the cluster, as far as they are of this text."""
        return self._answer[1] if self._answer[0] == found.text else ()

    def _ask(self, found: Examined) -> None:
        arguments, loaded, plan = self._arguments, found.loaded, found.plan
        assert loaded is not None and plan is not None
        self.asking = True
        self._latest.ask(lambda: (found.text, with_cluster(arguments, loaded, plan)))
        self._changed()

    def _answered(self, answer: tuple[str, tuple[Finding, ...]]) -> None:
        self._answer, self.asking = answer, False
        self._changed()
