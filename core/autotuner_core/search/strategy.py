"""Which search carries out a task's strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.failures import PreflightError
from autotuner_core.search.base import Search
from autotuner_core.search.grid import GridSearch
from autotuner_core.search.random import RandomSearch

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan
    from autotuner_core.task.model import Task


def search_for(task: Task, plan: Plan) -> Search:
    """The search over the plan's configurations. Raises PreflightError for a strategy that is not built yet."""
    by_id = {experiment.id: experiment for experiment in plan.experiments}
    ordered = [by_id[number] for number in plan.order]
    strategy = task.optimization.strategy
    if strategy == "grid_search":
        return GridSearch(experiment.parameters for experiment in ordered)
    if strategy == "random_search":
        first = [by_id[plan.baseline].parameters] if plan.baseline is not None else []
        everything = [experiment.parameters for experiment in ordered]
        return RandomSearch(everything, task.optimization.seed, first=first)
    raise PreflightError(
        f"the strategy {strategy!r} is not built yet",
        cure='set optimization.strategy to "random_search" with max_iterations, or to "grid_search"',
    )
