"""What a level is: the one thing that a plan and a load generator have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One traffic scenario at one concurrency, with its limits. `index` counts from 1; 0 is the warm-up."""

    index: int
    scenario: str
    concurrency: int
    max_seconds: float
    max_requests: int
    seed: int
    warm_up: bool = False
