"""How long after the cluster shows that an experiment cannot succeed its cause is in the journal, and how long until
the attempt is over there, its service and pods removed (AttemptEnded). What the cluster shows, and when, is read from
watches of this program's own. Each failure is a run of its own, so many times; a stub in the load generator's place
keeps the machine's cores out of it. The rival is a tuner that only polls for readiness: it needs the whole timeout."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autotuner_core.run import events as ev
from on_cluster.tuning import TunerOnCluster
from tests.bench.cluster_runs import BenchCluster, bench_cluster, folder_in, run_to_end, service_names
from tests.bench.cluster_witness import Change, Object, Witness, moment, witness
from tests.bench.table import Figure, arguments, report

TIMEOUT = 60  # seconds: optimization.timeout_per_iteration of the runs; 600 is the document's
CONTAINER = "ome-container"


@dataclass(frozen=True)
class Failure:
    """`shown`: whether the status of the engine's pod tells of it; `event`: the reason of an Event that does. `cause`:
    what the tuner must find."""

    name: str
    cause: str
    shown: Callable[[Object], bool]
    event: str = ""
    task: Mapping[str, Any] = field(default_factory=dict)


def ended(status: Object, holds: Callable[[Object], bool]) -> bool:
    """Whether the engine's container, or the one before its last restart, ended in a way for which it holds."""
    containers = [c for c in status.get("containerStatuses") or () if c["name"] == CONTAINER]
    ends = (c.get(state, {}).get("terminated") for c in containers for state in ("state", "lastState"))
    return any(holds(end) for end in ends if end)


def waits_for(status: Object, *reasons: str) -> bool:
    containers = status.get("containerStatuses") or ()
    return any(c["state"].get("waiting", {}).get("reason") in reasons for c in containers)


def found_no_node(status: Object) -> bool:
    scheduled = (c for c in status.get("conditions") or () if c["type"] == "PodScheduled")
    return any(c["status"] == "False" and c.get("reason") == "Unschedulable" for c in scheduled)


FAILURES = (
    Failure("crash", "crash", lambda s: ended(s, lambda end: end["exitCode"] == 1), "", {"fixed": {"case": "crash"}}),
    Failure(
        "image pull failure",
        "image_pull",
        lambda s: waits_for(s, "ErrImagePull", "ImagePullBackOff"),
        "Failed",
        {"kubernetes": {"image": "registry.example/engines/missing:1"}},
    ),
    Failure(
        "fits nowhere",
        "does_not_fit",
        found_no_node,
        "FailedScheduling",
        {"parameters": {"tp_size": {"type": "choice", "values": [1, 16]}}},  # 16 alone is refused before the run
    ),
    Failure(
        "OOMKilled",
        "out_of_memory",
        lambda s: ended(s, lambda end: end["reason"] == "OOMKilled"),
        "",
        {"fixed": {"case": "greedy"}},
    ),
    Failure(
        "flags refused",
        "rejected",
        lambda s: ended(s, lambda end: end["exitCode"] == 2),
        "",
        {"fixed": {"case": "refused"}},
    ),
)


def seconds_to_verdict(cluster: BenchCluster, namespace: str, failure: Failure, folder: Path) -> tuple[float, float]:
    """Of one run, of which one experiment fails in this way: until its cause is told, and until it is over."""
    one = {"parameters": {"tp_size": {"type": "choice", "values": [1]}}}
    changes = {"optimization": {"timeout_per_iteration": TIMEOUT}, **one, **failure.task}
    run = TunerOnCluster(cluster, namespace, folder, **changes)
    with witness(cluster.api, namespace) as seen:
        run_to_end(run, 0, 1)
    ends: list[ev.AttemptEnded] = [end for end in run.of(ev.AttemptEnded) if end.outcome == "failed"]
    if [end.cause for end in ends] != [failure.cause]:
        raise RuntimeError(f"{failure.name}: told to be {ends}: {run.said()}")
    shown = shown_at(seen, failure, service_names(run)[ends[0].experiment, ends[0].attempt])
    told = (stage.ts for stage in run.of(ev.StageChanged) if stage.detail.startswith(f"{failure.cause}: "))
    return next(told) - shown, ends[0].ts - shown


def shown_at(seen: Witness, failure: Failure, service: str) -> float:
    """When the cluster first told of it, seconds since the epoch."""

    def tells(change: Change) -> bool:
        if change.kind == "Pod":
            return failure.shown(change.body.get("status") or {})
        return change.kind == "Event" and change.body.get("reason") == failure.event

    return moment(seen.first(service, tells))


def main() -> None:
    options = arguments(__doc__ or "", repeats=10)
    figures = []
    with tempfile.TemporaryDirectory() as name, bench_cluster() as cluster:
        namespace = cluster.namespace()
        for place, failure in enumerate(FAILURES):
            folders = (folder_in(Path(name), f"{place}-{number}") for number in range(options.repeats))
            taken = [seconds_to_verdict(cluster, namespace, failure, folder) for folder in folders]
            told, over = zip(*taken, strict=True)
            figures.append(Figure.of(failure.name, "s", told, "worst under 3"))
            figures.append(Figure.of("  attempt over, all of it removed", "s", over))
    figures.append(Figure.of("polling for readiness alone (timeout)", "s", [TIMEOUT]))
    report("Verdict after the cluster shows a failure", figures, options.json)


if __name__ == "__main__":
    main()
