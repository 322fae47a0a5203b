"""What a search is to the engine: it proposes configurations (ask) and hears how they went (tell)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from autotuner_core.failures import FailureCause, FailureGroup

if TYPE_CHECKING:
    from autotuner_core.run.events import AttemptEnded

Configuration = Mapping[str, Any]


@dataclass(frozen=True)
class TrialOutcome:
    """How a configuration went: a score in the objective's unit with its feasibility, or a failure, never both.

    A failure is told as one, not as a very bad score: which number would be bad depends on the direction. Raises
    ValueError for a score that is no finite number.
    """

    score: float | None = None
    feasible: bool = False
    miss: float = 0.0
    failure: FailureCause | None = None

    def __post_init__(self) -> None:
        if (self.score is None) == (self.failure is None):
            raise ValueError("an outcome is either a score or a failure")
        if self.score is not None and not (math.isfinite(self.score) and math.isfinite(self.miss)):
            raise ValueError(f"a score must be a finite number, not {self.score} (miss {self.miss})")

    @classmethod
    def of(cls, ended: AttemptEnded) -> TrialOutcome | None:
        """What the end of an attempt tells a search. None where it says nothing about the configuration: skipped,
        interrupted, to be tried again, or failed by its surroundings."""
        if ended.outcome == "scored" and ended.score is not None:
            return cls(ended.score, bool(ended.feasible), ended.miss or 0.0)
        if ended.outcome != "failed" or ended.will_retry or ended.cause is None:
            return None
        try:
            cause = FailureCause(ended.cause)
        except ValueError:  # of a newer version
            return None
        return cls(failure=cause) if cause.group is FailureGroup.CONFIGURATION else None


class Search(Protocol):
    """A strategy. Used by one thread at a time."""

    @property
    def lookahead(self) -> int | None:
        """How many configurations may wait in the queue: None for all at once (they depend on no outcome)."""

    def ask(self) -> Configuration | None:
        """The next configuration, each at most once; None when there is none (for now, or for good)."""

    def tell(self, configuration: Configuration, outcome: TrialOutcome) -> None:
        """How one went; also one that was never asked for (added by hand, or measured before a resume)."""

    @property
    def is_converged(self) -> bool:
        """Whether it will propose nothing more."""

    @property
    def convergence_reason(self) -> str:
        """Why, in words; empty while it goes on."""

    @property
    def history(self) -> list[tuple[Configuration, TrialOutcome]]:
        """What it was told, in order."""


def key_of(configuration: Configuration) -> str:
    """The same text for the same configuration, whatever the order of its parameters (1 and 1.0 and true differ)."""
    return json.dumps(configuration, sort_keys=True, default=str)
