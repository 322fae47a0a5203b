"""What the journal is told of an engine's process."""

from __future__ import annotations

from typing import Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.process import ProcessGroup
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved, RunNote, WorkloadObserved
from autotuner_core.run.journal import Recorder


class Story:
    """The events of one process, in the order in which they happen. Each raises JournalWriteError."""

    def __init__(self, recorder: Recorder, order: DeployOrder, token: str) -> None:
        self._recorder = recorder
        self._attempt: dict[str, Any] = {"experiment": order.experiment, "attempt": order.attempt}
        self._name = f"exp{order.experiment}-attempt{order.attempt}-engine"
        self._resource: dict[str, Any] = {
            "kind": "process",
            "name": self._name,
            "token": token,
            **self._attempt,
        }
        self._pid: int | None = None

    def intended(self) -> None:
        """It is about to be started."""
        self._recorder.record(ResourceIntended(**self._resource))

    def created(self, group: ProcessGroup) -> None:
        """It has been started."""
        self._pid = group.pid
        self._recorder.record(ResourceCreated(**self._resource, pid=group.pid, started=group.started))
        self.observed("starting")

    def observed(self, phase: str, reason: str = "") -> None:
        """It was seen in a phase: starting, running or exited."""
        self._recorder.record(
            WorkloadObserved(
                kind="process", name=self._name, phase=phase, reason=reason, pid=self._pid, **self._attempt
            )
        )

    def serves_another_model(self, asked: str, served: str) -> None:
        """The task's model name has no effect, which must not go unsaid."""
        text = f"the engine serves no model {asked!r} (benchmark.model_name): requests go to {served!r}"
        self._recorder.record(RunNote(text=text, level="warning", code="other_model"))

    def removed(self) -> None:
        """Nothing of it is left."""
        self._recorder.record(ResourceRemoved(**self._resource))
