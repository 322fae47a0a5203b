"""What the cluster has against a task, asked in the background while nobody types."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from textual.app import App
from textual.timer import Timer

from autotuner_core.findings import Finding
from autotuner_tui.background import Latest
from autotuner_tui.editing.examined import Examined, with_cluster

PAUSE_SECONDS = 1.5


@dataclass(frozen=True)
class _Answer:
    """What was found of a text; not `whole` while the cluster is still asked."""

    text: str
    findings: tuple[Finding, ...]
    whole: bool = True


class Preflight:
    """`changed` is called when there is something new of the answer. The cluster is asked once for each text that could
    be run, and only where there is a way to one."""

    def __init__(self, app: App[object], arguments: Namespace, changed: Callable[[], None]) -> None:
        self._app, self._arguments, self._changed = app, arguments, changed
        self._latest: Latest[_Answer] = Latest(app, self._answered)
        self._answer = _Answer("", ())
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
        if found.text != self._answer.text:
            self._pause = self._app.set_timer(PAUSE_SECONDS, lambda: self._ask(found))

    def findings(self, found: Examined) -> tuple[Finding, ...]:
        """Those of the cluster, as far as they are of this text."""
        return self._answer.findings if self._answer.text == found.text else ()

    def _ask(self, found: Examined) -> None:
        arguments, loaded, plan = self._arguments, found.loaded, found.plan
        assert loaded is not None and plan is not None
        self.asking, self._answer = True, _Answer(found.text, (), whole=False)

        def so_far(findings: tuple[Finding, ...]) -> None:
            self._latest.meanwhile(_Answer(found.text, findings, whole=False))

        self._latest.ask(lambda: _Answer(found.text, with_cluster(arguments, loaded, plan, so_far)))
        self._changed()

    def _answered(self, answer: _Answer) -> None:
        self._answer, self.asking = answer, not answer.whole
        self._changed()
