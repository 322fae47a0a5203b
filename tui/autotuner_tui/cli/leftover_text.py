"""What killed runs left, as a table and for scripts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autotuner_core.engine.leftovers import Leftover

_KINDS = {
    "process": "an engine or load generator whose host is gone: nobody waits for it, and it may hold GPUs and memory",
    "lock": "its process is dead: nobody holds it any more",
    "socket": "nobody listens on it any more",
    "file": "half-written when its run died; the whole one, if there is any, lies beside it",
    "folder": "of a run that never began: nothing was measured in it",
    "InferenceService": "an engine of a run in the cluster: it holds GPUs",
    "BenchmarkJob": "a load of a run in the cluster",
    "ConfigMap": "what a load of a run in the cluster reads",
    "Pod": "reads results of a run in the cluster",
    "PersistentVolumeClaim": "one more claim for results of a run: what was not brought home from it is lost with it",
    "Job": "a run's lease: it starts no pods, and when it ends the rest of its run goes with it",
}
"""What each kind of thing is, and why it is safe to remove it."""


def rows(found: Sequence[Leftover], outcomes: Sequence[str]) -> list[dict[str, Any]]:
    """The leftovers as JSON objects."""
    return [
        {
            "kind": left.kind,
            "name": left.name,
            "run_id": left.run_id,
            "since": left.since,
            "cluster": left.cluster or None,
            "its_run": left.its_run or None,
            "outcome": outcome,
        }
        for left, outcome in zip(found, outcomes, strict=True)
    ]


def show(found: Sequence[Leftover], outcomes: Sequence[str]) -> None:
    """Print what each kind of thing is, and the things."""
    from autotuner_tui.cli.table import table_lines
    from autotuner_tui.headless.words import ago, plain

    if any(not left.kept for left in found):
        print("left by runs that have ended or died; what is of a run under way is not removed")
    for kind in dict.fromkeys(left.kind for left in found):
        print(f"  {kind}: {_KINDS[kind]}")
    now, in_cluster = time.time(), any(left.cluster for left in found)
    head = ("what", "run", "since", "name", *(("its run",) if in_cluster else ()), "outcome")
    cells = [
        (
            left.kind,
            left.run_id,
            ago(now - left.since) if left.since else "",
            plain(left.name, 1000),
            *((left.its_run,) if in_cluster else ()),
            outcome,
        )
        for left, outcome in zip(found, outcomes, strict=True)
    ]
    for line in table_lines(head, cells):
        print(line)
