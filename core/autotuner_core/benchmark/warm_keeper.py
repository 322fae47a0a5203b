"""Keeps one warm process for the run: started ahead of the first level, begun anew when it dies, ended at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from autotuner_core.benchmark.warm import WarmProcess
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved, RunNote
from autotuner_core.run.journal import Recorder

NAME = "genai-bench (warm)"
READY_SECONDS = 180.0
"""Importing genai-bench takes 3 to 12 seconds; fetching a tokenizer over a slow line takes longer."""


class WarmKeeper:
    """`start` makes a warm process. Thread-safe: several levels may ask at once."""

    def __init__(self, start: Callable[[], WarmProcess], recorder: Recorder, token: str) -> None:
        self._start = start
        self._recorder = recorder
        self._token = token
        self._lock = threading.Lock()
        self._warm: WarmProcess | None = None
        self._closed = self._ending = False

    def get(self, scope: Scope) -> WarmProcess:
        """The warm process, ready; a dead one is replaced first.

        Raises ExperimentFailure(benchmark_failed) where it dies while it loads, or does not get ready; Interrupted.
        """
        while (warm := self._living()) is None:
            self._replace_dead(scope)
        if not scope.wait_until(lambda: warm.ready, READY_SECONDS, poll=0.2):
            self._end(warm)
            raise _failure(f"genai-bench did not get ready in {READY_SECONDS:g} s", warm)
        if warm.dead:
            raise _failure("genai-bench ended while it was being loaded", warm)
        return warm

    def close(self) -> None:
        """End the warm process. Safe to call twice; what could not be ended is noted."""
        with self._lock:
            self._closed = True
            warm, self._warm = self._warm, None
        if warm is not None:
            self._end(warm)

    def _living(self) -> WarmProcess | None:
        """The one that is alive, begun where there is none; None while there is a dead one."""
        with self._lock:
            if self._closed:
                raise ExperimentFailure(FailureCause.BENCHMARK_FAILED, "the load generator was closed", retry=False)
            if self._ending or (self._warm is not None and self._warm.dead):
                return None
            if self._warm is None:
                self._recorder.record(ResourceIntended(kind="process", name=NAME, token=self._token))
                self._warm = self._started()
                group = self._warm.group
                self._recorder.record(
                    ResourceCreated(kind="process", name=NAME, token=self._token, pid=group.pid, started=group.started)
                )
            return self._warm

    def _replace_dead(self, scope: Scope) -> None:
        """End the dead one, which may take seconds, or wait until somebody else has. Raises Interrupted."""
        with self._lock:
            dead = self._warm if self._warm is not None and self._warm.dead and not self._ending else None
            self._ending = self._ending or dead is not None
        if dead is None:
            scope.wait_until(lambda: not self._ending, READY_SECONDS, poll=0.2)
            return
        try:
            self._end(dead)
        finally:
            with self._lock:
                self._warm, self._ending = None, False

    def _started(self) -> WarmProcess:
        try:
            return self._start()
        except BaseException:
            self._recorder.record(ResourceRemoved(kind="process", name=NAME, token=self._token))
            raise

    def _end(self, warm: WarmProcess) -> None:
        try:
            warm.close()
        except ExperimentFailure as left:
            self._recorder.record(RunNote(text=left.message, level="warning", code="left_behind"))
        else:
            self._recorder.record(ResourceRemoved(kind="process", name=NAME, token=self._token))


def _failure(message: str, warm: WarmProcess) -> ExperimentFailure:
    from autotuner_core.benchmark.log_tail import log_tail

    return ExperimentFailure(
        FailureCause.BENCHMARK_FAILED, message, evidence=log_tail(warm.log), cure=f"Its output is in {warm.log}."
    )
