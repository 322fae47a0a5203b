"""Events about the levels of an attempt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from autotuner_core.run.events.base import Event, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelStarted(Event):
    """Load at one traffic scenario and concurrency begins. `purpose`: measure or warm_up; `level` counts from 1,
    0 is the warm-up."""

    type: ClassVar[str] = "LevelStarted"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    purpose: str = "measure"
    max_seconds: float = 0.0
    max_requests: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelEnded(Event):
    """The level is over and judged. `verdict` as in scoring.verdict.Verdict, `why` its reason in words, `figures` as
    scoring.figures.LevelFigures.to_json, `evidence` lines to check the verdict by, `notes` what was lost or odd.
    `ended_by`: requests, time, precision, slo, asked, died (the engine), failed (the load generator) or forward_lost
    (the way to the engine broke: the level is run again). `engine` is
    what the engine counted of itself, as benchmark.metrics_figures.figures_of; empty where it tells nothing."""

    type: ClassVar[str] = "LevelEnded"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    verdict: str
    why: str = ""
    ended_by: str = ""
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    purpose: str = "measure"
    figures: Json = field(default_factory=dict)
    engine: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelSkipped(Event):
    """A level was not run: a lower one of its scenario was overloaded already, say."""

    type: ClassVar[str] = "LevelSkipped"
    experiment: int
    attempt: int
    level: int
    scenario: str
    concurrency: int
    reason: str
