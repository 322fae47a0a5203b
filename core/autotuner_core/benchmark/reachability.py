"""When the last requests of a level found nobody: has the server died, is it out of reach, or only full?"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from autotuner_core.benchmark.base import Endpoint, LevelRun
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause

NOTICE_SECONDS = 1.0
"""How long a server that refuses connections has to be seen dead by its deployer."""

_CONNECT_SECONDS = 2.0
_CONNECTION_WORDS = ("connection error", "connection broken", "connection aborted", "connection refused")


def explain_end(
    run: LevelRun, endpoint: Endpoint, scope: Scope, server_failure: Callable[[], ExperimentFailure | None]
) -> LevelRun:
    """The run, with `ended_by` died where its last requests failed because the server is dead.

    A dead engine explains errors, not the other way round. Raises ExperimentFailure(endpoint_unreachable) where the
    server lives, as far as is known, and nobody takes a connection; Interrupted.
    """
    if run.ended_by == "died" or not ended_without_connection(run):
        return run
    if scope.wait_until(lambda: server_failure() is not None, NOTICE_SECONDS, poll=0.05):
        return replace(run, ended_by="died")
    trouble = connection_trouble(endpoint.url)
    if trouble is None:
        return run
    message = next((row.error_message for row in reversed(run.rows) if row.error is not None), "")
    raise ExperimentFailure(
        FailureCause.ENDPOINT_UNREACHABLE,
        f"nobody takes connections at {endpoint.url}: {trouble}",
        evidence=(message[:400],),
        cure="See whether the engine still listens there (engine.log), and whether a firewall or proxy is between.",
    )


def ended_without_connection(run: LevelRun) -> bool:
    """Whether the last requests that ended, one per client, all failed for want of a connection."""
    ended = [row for row in run.rows if row.end is not None or row.error is not None]
    if run.timestamps:
        ended.sort(key=lambda row: row.end or 0.0)
    last = ended[-run.level.concurrency :]
    return bool(last) and all(
        row.error is not None and any(words in row.error_message.lower() for words in _CONNECTION_WORDS) for row in last
    )


def connection_trouble(url: str) -> str | None:
    """Why no connection can be made to the host and port of `url`; None where one can."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or str(error)
    return None
