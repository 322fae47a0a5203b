"""The way from this machine to one engine: straight to its service, or through a port-forward to its pod."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from autotuner_core.control import Scope
from autotuner_core.deploy.ome.reach.forward import PodForward
from autotuner_core.deploy.readiness import Probe
from autotuner_core.failures import ExperimentFailure

RECOVERY_SECONDS = 75.0
"""How long a port-forward that dropped may take to come back: an API server that is away for longer is away. Where it
dropped because the node is lost, Kubernetes says so within a minute."""


class Way(Protocol):
    """`host` and `port` answer on this machine. `answers` once the engine did, by the name `served_name`."""

    host: str
    port: int

    @property
    def url(self) -> str: ...
    @property
    def answers(self) -> bool: ...
    @property
    def served_name(self) -> str: ...
    @property
    def last(self) -> str:
        """The last answer, in words."""

    @property
    def drops(self) -> int:
        """How often it broke since `begin_counting`."""

    def begin_counting(self) -> None: ...
    @property
    def failure(self) -> ExperimentFailure | None:
        """Set while it does not come up."""

    def recover(self, scope: Scope, failure: Callable[[], ExperimentFailure | None]) -> bool:
        """Wait until the engine answers again; False where it does not in time. Raises `failure`, and Interrupted."""

    def close(self) -> None: ...


class Probed:
    """What both ways have in common: a probe that asks until the engine answers."""

    def __init__(self, host: str, port: int, health_path: str, expected_name: str, notify: Callable[[], None]) -> None:
        self.host, self.port = host, port
        self._health_path, self._notify = health_path, notify
        self._probe = Probe(host, port, health_path, expected_name, notify)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def answers(self) -> bool:
        return self._probe.ready

    @property
    def served_name(self) -> str:
        return self._probe.served_name

    @property
    def last(self) -> str:
        return self._probe.last

    def close(self) -> None:
        """Ask no more."""
        self._probe.stop()


class Straight(Probed):
    """The service's own address."""

    drops = 0
    failure = None

    def begin_counting(self) -> None:
        """There is nothing between that could break."""

    def recover(self, scope: Scope, failure: Callable[[], ExperimentFailure | None]) -> bool:
        """See Way."""
        return True


class Forwarded(Probed):
    """A port-forward. Before the engine answers it may drop as often as it likes: kubectl gives up where nobody listens
    yet."""

    def __init__(self, forward: PodForward, health_path: str, expected_name: str, notify: Callable[[], None]) -> None:
        self._forward = forward
        self._dropped_before = 0
        super().__init__("127.0.0.1", forward.port, health_path, expected_name, notify)

    @property
    def drops(self) -> int:
        return self._forward.drops - self._dropped_before

    def begin_counting(self) -> None:
        """What dropped up to now disturbed nothing."""
        self._dropped_before = self._forward.drops

    @property
    def failure(self) -> ExperimentFailure | None:
        return self._forward.failure

    def recover(self, scope: Scope, failure: Callable[[], ExperimentFailure | None]) -> bool:
        """See Way. The forward restarts itself; it is whole when the engine has answered through it."""
        self._probe.stop()
        self._probe = Probe(self.host, self.port, self._health_path, self.served_name, self._notify)
        probe = self._probe
        scope.wait_until(lambda: probe.ready or failure() is not None, RECOVERY_SECONDS, poll=0.1)
        if (known := failure()) is not None:
            raise known
        return probe.ready

    def close(self) -> None:
        """End the forward."""
        super().close()
        self._forward.close()
