"""What the streams of the attempts under way say now: live figures, usage of processes. Read in the bridge's thread,
handed over frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_tui.headless.level_tail import Tail
    from autotuner_tui.streams.attempt import Course
    from autotuner_tui.streams.usage import Gauges, Usage

Attempt = tuple[int, int]
"""(experiment, attempt)."""


@dataclass(frozen=True)
class Wanted:
    """`levels`: of which attempts the level under way is read: (experiment, attempt, level). `focus`: the attempt whose
    course is charted. `engines`: the attempts whose engines are up."""

    levels: tuple[tuple[int, int, int], ...] = ()
    focus: Attempt | None = None
    engines: tuple[Attempt, ...] = ()


@dataclass(frozen=True)
class StreamsNow:
    """`tails`: by experiment, the level under way so far. `course`: the last level of the attempt in focus, None before
    its first, with what its engine told last while it went on. `usage`: by experiment, what its engine uses."""

    tails: Mapping[int, Tail] = field(default_factory=dict)
    course: Course | None = None
    gauges: Gauges | None = None
    usage: Mapping[int, Usage] = field(default_factory=dict)
