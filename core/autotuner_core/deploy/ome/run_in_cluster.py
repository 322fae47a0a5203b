"""Which run an object of the cluster belongs to: what all parts of a run's deployment share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.ome.names import RUN_LABEL, own_labels, selector

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

TOKEN_LABEL = "autotuner.io/token"
LEASE_TAIL = "lease"


@dataclass(frozen=True)
class RunInCluster:
    """`token` marks the run's processes on this machine, and its lease: the run's id is short, and two machines may
    draw the same. `templates` is the user's own folder. `direct`: the load comes from this machine, and not from
    BenchmarkJobs."""

    run_id: str
    token: str
    task: Task
    namespace: str
    templates: Path | None = None
    direct: bool = True

    @property
    def selector(self) -> str:
        """The label selector of everything of this run."""
        return selector(self.run_id)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of what the whole run shares."""
        return own_labels(self.run_id, self.task.task_name)

    def owns(self, body: Mapping[str, Any]) -> bool:
        """Whether an object was made for this run. Nothing else is ever touched."""
        labels = body.get("metadata", {}).get("labels") or {}
        return all(labels.get(name) == value for name, value in self.labels.items() if name != RUN_LABEL) and (
            labels.get(RUN_LABEL) == self.run_id
        )

    @property
    def lease_name(self) -> str:
        """The name of the run's lease."""
        from autotuner_core.task.names import LONGEST_OBJECT

        tail = f"-{self.run_id}-{LEASE_TAIL}"
        return self.task.task_name[: LONGEST_OBJECT - len(tail)].rstrip("-") + tail
