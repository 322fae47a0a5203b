"""What runs left behind in clusters: found by label, told whether its run is alive, and removed one by one."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from autotuner_core.engine.leftovers import Leftover, is_free
from autotuner_core.engine.placement import Placement
from autotuner_core.failures import ExperimentFailure
from autotuner_core.json_value import json_value
from autotuner_core.run.events import HostStarted, RunStarted, event_from_record
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal

if TYPE_CHECKING:
    from autotuner_core.deploy.ome.remains import Remain
    from autotuner_core.kube.client import KubeClient

GONE_SECONDS = 120.0
"""A service waits for its pods, which may wait for what they are just doing."""
_LOOK_SECONDS = 0.3
_FIRST_EVENTS = 5
_LEASE_GONE = "dead: its lease is gone"


@dataclass(frozen=True)
class ClusterAsked:
    """A cluster to look at: the way there, and the namespaces that recorded runs used."""

    placement: Placement
    namespaces: frozenset[str] = frozenset()


def clusters_of(runs: Iterable[RunFolder]) -> list[ClusterAsked]:
    """The clusters that recorded runs used, each once."""
    found: dict[Placement, set[str]] = {}
    for run in runs:
        began = _beginning(run)
        placement = Placement.from_json(began.placement) if began is not None else Placement()
        if began is not None and placement.server is not None:
            way = replace(placement, direct=False, namespace=None, templates=None)
            named = placement.namespace or (began.task.get("model") or {}).get("namespace")
            found.setdefault(way, set()).update([str(named)] if named else [])
    return [ClusterAsked(way, frozenset(namespaces)) for way, namespaces in found.items()]


def find_in_cluster(
    client: KubeClient, asked: ClusterAsked, runs: Collection[RunFolder], run_id: str | None
) -> tuple[list[Leftover], list[str]]:
    """What runs (or one) left there, and in words where was looked and what may not be looked at. What belongs to a run
    that is alive is among it, marked as kept. Raises KubeError."""
    from autotuner_core.deploy.ome.remains import find_remains

    found = find_remains(client, asked.placement.namespace, asked.namespaces, run_id)
    words = [f"looked at {found.where} of {client.context} at {client.server}"]
    if found.refused:
        words.append(f"not known: this user may not list {', '.join(found.refused)}")
    return [_leftover(client, remain, runs) for remain in found.remains], words


def _leftover(client: KubeClient, remain: Remain, runs: Collection[RunFolder]) -> Leftover:
    alive, words = _life(remain, runs)
    return Leftover(
        remain.kind.name,
        f"{remain.namespace}/{remain.name}",
        remain.run_id,
        partial(_remove, client, remain, runs),
        remain.made,
        cluster=client.context,
        its_run=words,
        kept=alive,
    )


def _life(remain: Remain, runs: Collection[RunFolder]) -> tuple[bool, str]:
    """Whether the object's run is alive, or may be; and in words. A run that was begun on this machine is told by its
    host's lock, any other one by its lease."""
    for run in runs:
        if run.run_id == remain.run_id and remain.token in ("", _token(run)):
            if not is_free(run.host_lock):
                return True, "alive: its host has it in hand"
            if remain.token:
                return False, "dead: no host has it in hand"
    if remain.lease is None:
        return False, _LEASE_GONE
    silent = remain.lease.silent
    if silent is None:
        return remain.lease.beats, "may be alive: its lease tells nothing" if remain.lease.beats else "dead: lease over"
    heard = f"heartbeat {silent:.0f} s ago" if silent < 100 else f"heartbeat {silent / 60:.0f} min ago"
    return remain.lease.beats, f"alive: {heard}" if remain.lease.beats else f"dead: last {heard}"


def _remove(client: KubeClient, remain: Remain, runs: Collection[RunFolder]) -> None:
    """Remove it and wait until it is gone. Raises OSError where that cannot be done, or its run is alive by now."""
    from autotuner_core.deploy.ome.remains import is_gone, still
    from autotuner_core.kube.errors import KubeError, as_failure

    try:
        now = still(client, remain)
        if now is None:
            return
        alive, words = _life(now, runs)
        if alive:
            raise OSError(f"its run is {words} by now")
        client.delete(remain.kind, remain.name, remain.namespace, uid=remain.uid)
        deadline = time.monotonic() + GONE_SECONDS
        while not is_gone(client, remain):
            if time.monotonic() > deadline:
                raise OSError(f"it is still there after {GONE_SECONDS:.0f} s: see its finalizers and its pods")
            time.sleep(_LOOK_SECONDS)
    except KubeError as error:
        failure: ExperimentFailure = as_failure(error, f"remove the {remain.kind.name}")
        raise OSError(f"{failure.message}. {failure.cure}") from error


def _beginning(run: RunFolder) -> RunStarted | None:
    """The first words of a run's journal, which may be long."""
    return next((event for event in _first_events(run) if isinstance(event, RunStarted)), None)


def _first_events(run: RunFolder) -> Iterator[object]:
    try:
        with run.journal.open(encoding="utf-8") as lines:
            for line in islice(lines, _FIRST_EVENTS):
                yield event_from_record(json_value(line))
    except (OSError, ValueError, KeyError, TypeError):
        return


def _token(run: RunFolder) -> str:
    """What marks the run among others of its id; empty where its record does not tell."""
    try:
        hosts = [event for event in read_journal(run.journal) if isinstance(event, HostStarted)]
    except OSError:
        return ""
    return hosts[-1].token if hosts else ""
