"""What is to be said about a plan before it runs: each module looks at one side of it."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.plan.checks.budget import budget_problems
from autotuner_core.plan.checks.configurations import configuration_problems
from autotuner_core.plan.checks.early_end import early_end_problems
from autotuner_core.plan.checks.effect import effect_problems
from autotuner_core.plan.checks.hardware import hardware_problems
from autotuner_core.plan.checks.here import here_problems
from autotuner_core.plan.checks.measurement import measurement_problems
from autotuner_core.plan.draft import Draft
from autotuner_core.task.problem import Problem


def problems_of(draft: Draft) -> Iterator[Problem]:
    """Everything that is wrong with a plan, may cost time or trust, or is worth a word."""
    yield from configuration_problems(draft)
    yield from hardware_problems(draft)
    yield from here_problems(draft)
    yield from effect_problems(draft)
    yield from measurement_problems(draft)
    yield from early_end_problems(draft)
    yield from budget_problems(draft)
