"""What a run is after: a metric, which way is better, and whether every level counts or the best one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from autotuner_core.scoring.metrics import OBJECTIVE_WORDS, metric_of


class ObjectiveLike(Protocol):
    """An objective, wherever it comes from (the task, or `Objective` below)."""

    @property
    def metric(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def levels(self) -> str: ...


@dataclass(frozen=True)
class Objective:
    """An objective as plain data. `direction`: minimize or maximize; `levels`: best or all."""

    metric: str
    direction: str
    levels: str
    word: str | None = None

    @property
    def unit(self) -> str:
        return metric_of(self.metric).unit


def objective_from_json(value: str | Mapping[str, Any]) -> Objective:
    """The objective as a task file or a journal has it: one of the two words, or metric, direction and levels.

    Raises ValueError where the word or the metric is unknown.
    """
    if isinstance(value, str):
        if value not in OBJECTIVE_WORDS:
            raise ValueError(f"unknown objective {value!r}; known are {', '.join(OBJECTIVE_WORDS)}")
        known = OBJECTIVE_WORDS[value]
        return Objective(known.metric, known.direction, known.levels, value)
    metric = metric_of(str(value["metric"]))
    best_way = "best" if metric.direction == "maximize" else "all"
    return Objective(
        str(value["metric"]),
        value.get("direction") or metric.direction,
        value.get("levels") or best_way,
        value.get("word"),
    )


def slo_from_json(value: Mapping[str, Any] | None) -> dict[str, float]:
    """The limits as a task file has them: a number, or `{"max": number}`."""
    return {name: float(limit["max"] if isinstance(limit, Mapping) else limit) for name, limit in (value or {}).items()}
