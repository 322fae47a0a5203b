"""What the streams of the attempts under way say now: live figures, usage of processes. Read in the bridge's thread,
handed over frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autotuner_core.run.folder import RunFolder
from autotuner_tui.headless.level_tail import LevelTails, Tail


@dataclass(frozen=True)
class Wanted:
    """`levels`: of which attempts the level under way is read: (experiment, attempt, level). `focus`: the attempt whose
    course is charted, (experiment, attempt)."""

    levels: tuple[tuple[int, int, int], ...] = ()
    focus: tuple[int, int] | None = None


@dataclass(frozen=True)
class StreamsNow:
    """`tails`: by experiment, the level under way so far."""

    tails: Mapping[int, Tail] = field(default_factory=dict)


class LiveStreams:
    """Follows the streams that are wanted."""

    def __init__(self, folder: RunFolder) -> None:
        self._tails = LevelTails(folder)

    def read(self, wanted: Wanted) -> StreamsNow:
        """What they say now. A file that cannot be read says what it said before."""
        return StreamsNow({e: self._tails.read(e, attempt, level) for e, attempt, level in wanted.levels})
