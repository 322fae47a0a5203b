"""Grid search: every configuration of the plan."""

from __future__ import annotations

from autotuner_core.search.listed import ListSearch


class GridSearch(ListSearch):
    """All configurations in the order given: the plan's order of execution (baseline first, then shuffled by the
    seed, so that drift of the machine does not follow a parameter)."""
