"""Levels in which the way to the server broke: what they measured is the break, so they are run again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from autotuner_core.control import Scope
from autotuner_core.deploy.base import Server
from autotuner_core.failures import ExperimentFailure, FailureCause

MOST_REPEATS = 3
"""Of one level. A way that breaks more often than this cannot carry its load."""


class Disturbed(Exception):
    """The way to the server broke in the level, and is whole again: the level is to be run again."""


class Disturbances:
    """Those of one level, over all its repeats."""

    def __init__(self, server: Server, scope: Scope) -> None:
        self._server, self._scope = server, scope
        self._repeats = 0

    @contextlib.contextmanager
    def watched(self) -> Iterator[Callable[[], ExperimentFailure | None]]:
        """Around the load of the level; gives what the load generator is to ask, which ends the load at the break.

        Raises Disturbed; ExperimentFailure (port_forward_lost where it broke too often; why the server is gone, where
        that is the reason) and Interrupted.
        """
        before = self._server.disturbances()

        def failure() -> ExperimentFailure | None:
            broken = self._server.disturbances() != before
            return self._server.failure() or (_broken() if broken else None)

        try:
            yield failure
        except ExperimentFailure:  # that nobody takes connections is explained by the break
            self._explain(before)
            raise
        self._explain(before)

    def _explain(self, before: int) -> None:
        if self._server.disturbances() == before or self._server.failure() is not None:
            return
        self._server.recover(self._scope)
        self._repeats += 1
        if self._repeats > MOST_REPEATS:
            raise _broken(f", {self._repeats} times in the same level")
        raise Disturbed("the port-forward to the engine dropped: the level is run again")


def _broken(how_often: str = "") -> ExperimentFailure:
    return ExperimentFailure(
        FailureCause.PORT_FORWARD_LOST,
        f"the port-forward to the engine dropped{how_often}",
        cure="It goes through the API server: a proxy or load balancer before that may end long connections. "
        "Run the tuner inside the cluster's network, or with lower concurrency.",
    )
