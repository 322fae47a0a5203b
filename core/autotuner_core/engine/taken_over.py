"""Attempts that a dead host left open: they go on where their very servers are still up, and are closed elsewhere."""

from __future__ import annotations

from autotuner_core.control import Scope
from autotuner_core.deploy.base import Deployer, DeployOrder
from autotuner_core.engine.clear_up import closed
from autotuner_core.engine.held_run import HeldRun
from autotuner_core.run.events import AttemptAdopted


def taken_over(run: HeldRun, deployer: Deployer, scope: Scope) -> list[int]:
    """The experiments whose last attempts go on, adopted in the record; the other open ones are closed, and what their
    host left is removed. Raises ExperimentFailure (the deployer cannot tell), Interrupted and JournalWriteError."""
    with run.ledger.held() as state:
        asked = {
            number for number, attempt in run.left if (a := state.experiments[number].attempt(attempt)) and a.skip_asked
        }
        parameters = {number: {**run.task.fixed, **state.experiments[number].parameters} for number, _ in run.left}
        made = list(state.resources.values()) if state.hosts > 1 else []
    left = [
        DeployOrder(number, attempt, parameters[number], run.folder.attempt(number, attempt))
        for number, attempt in run.left
        if number not in asked
    ]
    going_on = deployer.take_over(left, made, run.ledger, scope) if left or made else []
    adopted = {(order.experiment, order.attempt) for order in going_on}
    for experiment, attempt in run.left:
        goes_on = (experiment, attempt) in adopted
        event = AttemptAdopted(experiment=experiment, attempt=attempt) if goes_on else closed(experiment, attempt)
        run.ledger.record(event)
    return [order.experiment for order in going_on]
