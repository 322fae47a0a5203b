"""What every object of a run carries, so that it is found again by whoever cleans up."""

from __future__ import annotations

from autotuner_core.task.names import MANAGER_LABEL, OUR_PREFIX

RUN_LABEL = f"{OUR_PREFIX}run"
TASK_LABEL = f"{OUR_PREFIX}task"
EXPERIMENT_LABEL = f"{OUR_PREFIX}experiment"
SERVICE_LABEL = "ome.io/inferenceservice"
"""OME's own, on what it makes of a service: its name."""
MANAGER = "autotuner-tui"

SERVICE_ANNOTATIONS = {
    # Without it OME before 0.1.5 deletes and makes the Service again on every reconcile.
    "ome.io/ingress-disable-creation": "true",
    # No autoscaler: a second replica would be measured with the first.
    "ome.io/autoscalerClass": "external",
    "ome.io/deploymentMode": "RawDeployment",
}


def own_labels(run_id: str, task_name: str, experiment: int | None = None) -> dict[str, str]:
    """The labels of an object (and its pods) of a run; without an experiment, those of what the whole run shares."""
    labels = {MANAGER_LABEL: MANAGER, RUN_LABEL: run_id, TASK_LABEL: task_name}
    return labels if experiment is None else {**labels, EXPERIMENT_LABEL: str(experiment)}


def selector(run_id: str | None = None) -> str:
    """The label selector of everything that this tool made; with `run_id`, of one run's objects."""
    ours = f"{MANAGER_LABEL}={MANAGER}"
    return f"{ours},{RUN_LABEL}={run_id}" if run_id else ours
