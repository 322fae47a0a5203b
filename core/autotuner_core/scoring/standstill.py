"""Levels in which everything stood still for a while: a suspended machine, a stopped process. What was in flight then
was not measured as it would have been, and the clock of the rows may not even show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.scoring.answers import Finding
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import LevelRun

SUSPENDED_SECONDS = 1.0
"""From here on a difference of two clocks is a suspension, not the time between two looks at them."""

STOPPED_SECONDS = 2.0
"""No busy scheduler keeps a process waiting for so long."""

STOPPED_SHARE = 0.01
"""Below this share of the level a standstill moves no figure that is compared."""


def stood_still(run: LevelRun) -> Finding | None:
    """The finding, where the machine or the load generator stood still in the middle of the level."""
    if run.suspended >= SUSPENDED_SECONDS:
        return Finding(Verdict.NOT_STEADY, f"the machine was suspended for {run.suspended:.0f} s while it was measured")
    late = run.client.lag_worst if run.client is not None else 0.0
    if late >= max(STOPPED_SECONDS, STOPPED_SHARE * run.seconds):
        return Finding(Verdict.NOT_STEADY, f"the load generator stood still for {late:.3g} s")
    return None
