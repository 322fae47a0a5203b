"""What is wrong with a journal that was read: damaged lines, lost ones, and what a newer version wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.run.events import Event, UnknownEvent
from autotuner_core.run.events.base import JOURNAL_VERSION
from autotuner_core.run.journal import JournalFollower


@dataclass(frozen=True)
class JournalHealth:
    """`damaged` lines are no events; `lost` is how many numbers are missing between the first event and the last;
    `version` is the highest of any event, `unknown` the types that this version does not know."""

    damaged: int = 0
    lost: int = 0
    version: int = JOURNAL_VERSION
    unknown: tuple[str, ...] = ()

    @property
    def is_newer(self) -> bool:
        """Whether a newer version of the tuner wrote in a form that this one does not fully understand."""
        return self.version > JOURNAL_VERSION

    def warnings(self) -> list[str]:
        """In words; empty where nothing is wrong."""
        found = []
        if self.damaged or self.lost:
            lines = f"{self.damaged} line{'' if self.damaged == 1 else 's'}"
            events = f"{self.lost} event{'' if self.lost == 1 else 's'}"
            found.append(
                f"the journal is damaged: {lines} could not be read, {events} missing by number; what they told is "
                "passed over, and an experiment whose end was among them counts as not measured"
            )
        if self.is_newer or self.unknown:
            types = f" ({', '.join(self.unknown)})" if self.unknown else ""
            found.append(
                f"a newer version of autotuner-tui wrote this journal: what is unknown here{types} is passed over"
            )
        return found


def read_with_health(path: Path) -> tuple[list[Event], JournalHealth]:
    """All events of a journal, and how it is. Raises OSError."""
    follower = JournalFollower(path)
    events = follower.poll()
    return events, _health(events, follower.damaged)


def _health(events: Sequence[Event], damaged: int) -> JournalHealth:
    numbers = {event.seq for event in events}
    unknown = {str(event.record.get("type")) for event in events if isinstance(event, UnknownEvent)}
    return JournalHealth(
        damaged=damaged,
        lost=max(numbers, default=0) - len(numbers),
        version=max((event.v for event in events), default=JOURNAL_VERSION),
        unknown=tuple(sorted(unknown)),
    )
