"""What a launcher in a BenchmarkJob's pod is told to do: levels begun, ended, told once more."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from autotuner_core.benchmark.base import Level
from autotuner_core.benchmark.job import commands
from autotuner_core.benchmark.job.health import JobHealth
from autotuner_core.benchmark.job.reports import JobFork, JobReports
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.reach.forward import PodForward
from autotuner_core.failures import ExperimentFailure, FailureCause

POLL_SECONDS = 0.1
ANSWER_SECONDS = 60.0
"""For a launcher's answer to come through the log, behind everything that the log has kept."""
COMMAND_SECONDS, END_SECONDS = 75.0, 1.0
"""In which a command must get through: the way to the pod may have to come back first, and the API server. That a level
is to end is worth less: the next one ends it anyway."""


class PodOrders:
    """Orders by `forward` to the load generator of the job `name`, answered in its `reports`. `tail` gives the last
    lines that it said."""

    def __init__(
        self,
        name: str,
        forward: PodForward,
        reports: JobReports,
        health: JobHealth,
        control: Control,
        experiment: int,
        tail: Callable[[], tuple[str, ...]],
    ) -> None:
        self._name, self._forward, self._reports, self._health = name, forward, reports, health
        self._control, self._experiment, self._tail = control, experiment, tail
        self._numbers = itertools.count(1)
        self._left: JobFork | None = None
        self._closed = False

    def catch_up(self, scope: Scope) -> None:
        """Until everything is known that has come about in the pod so far, where an earlier host was. Raises
        ExperimentFailure where its launcher does not answer."""
        word = uuid.uuid4().hex

        def answered() -> bool:
            self._reports.look()
            return word in self._reports.answers or self._health.ended

        if not self._send({"cmd": "answer", "id": word}, COMMAND_SECONDS):
            raise self._not_taken()
        scope.wait_until(answered, ANSWER_SECONDS, poll=POLL_SECONDS)
        if word not in self._reports.answers:
            raise self._not_taken()
        self._left = self._reports.last
        self._numbers = itertools.count(self._left.number + 1 if self._left else 1)

    def has_begun(self, level: Level) -> bool:
        """Whether an earlier host has begun this level, as the last one, and it goes well or has ended well."""
        left = self._left
        if left is None or left.status:
            return False
        return all(left.level.get(name) == value for name, value in asdict(level).items() if name != "max_seconds")

    def take_left(self, level: Level) -> JobFork | None:
        """The load generators of a level that `has_begun`, once. Those of any other level are ended."""
        goes_on, left, self._left = self.has_begun(level), self._left, None
        if left is not None and not goes_on and not left.gone:
            self.end(left, kill=True)
        return left if goes_on else None

    def begin(self, arguments: Sequence[str], settings: Mapping[str, Any], folder: str) -> JobFork:
        """Have the load generator begin a level: `arguments` are laid over OME's own, its files go to `folder` within
        those of the attempt. Raises ExperimentFailure and Interrupted."""
        fork = self._reports.expect(next(self._numbers), int(settings.get("workers", 1)))
        command = {
            "cmd": "level",
            "id": fork.number,
            "arguments": list(arguments),
            "settings": dict(settings),
            "folder": folder,
        }
        if not self._send(command, COMMAND_SECONDS):
            self._control.scope(self._experiment).check()
            raise self._not_taken()
        return fork

    def end(self, fork: JobFork, *, kill: bool = False) -> bool:
        """Have a level end now, with what it has saved; whether it was told. `kill`: at once."""
        return self._send({"cmd": "end", "id": fork.number, "kill": kill}, END_SECONDS)

    def ask_again(self, fork: JobFork) -> bool:
        """Have the launcher tell once more the rows that did not come, and then that the level is whole; whether it was
        told."""
        self._reports.expect_again(fork)
        return self._send({"cmd": "again", "id": fork.number, "at": self._reports.pieces.size}, END_SECONDS)

    def close(self) -> None:
        """Close the way: no order is taken any more. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._forward.close()

    def _send(self, command: Mapping[str, Any], seconds: float) -> bool:
        return not self._closed and commands.send(self._forward.port, command, seconds, self._wait)

    def _wait(self, seconds: float) -> bool:
        """Between two tries, for so long; whether there is still somebody to try."""
        scope = self._control.scope(self._experiment)

        def in_vain() -> bool:
            return self._health.ended or scope.interruption is not None or self._health.failure() is not None

        return not wait_gone(in_vain, self._control, seconds)

    def _not_taken(self) -> ExperimentFailure:
        return (
            self._health.failure(now=True)
            or self._forward.failure
            or ExperimentFailure(
                FailureCause.PORT_FORWARD_LOST,
                f"the load generator in the pod of {self._name} takes no commands",
                evidence=self._tail(),
                cure="See whether `kubectl port-forward` to that pod works from this machine.",
            )
        )
