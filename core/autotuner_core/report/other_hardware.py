"""Results that were measured on other hardware than the best one: they are ranked with it, and cannot be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.report import format as fmt
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result

if TYPE_CHECKING:
    from autotuner_core.run.events import HardwareSeen


def on_other_hardware(ranking: Ranking, best: Result) -> list[str]:
    """A sentence for each other kind of hardware; empty where it is not known."""
    seen = best.attempt.hardware if best.attempt is not None else None
    if seen is None:
        return []
    mine = _hardware(seen)
    others: dict[str, list[int]] = {}
    for result in ranking.ranked:
        hardware = result.attempt.hardware if result.attempt is not None else None
        if hardware is not None and (theirs := _hardware(hardware)) != mine:
            others.setdefault(theirs, []).append(result.id)
    return [
        f"Measured on other hardware than the best ({mine}), so not comparable with it: "
        f"{', '.join(map(str, numbers))} ({theirs})."
        for theirs, numbers in others.items()
    ]


def _hardware(seen: HardwareSeen) -> str:
    """What makes figures incomparable, in words: not which node of a pool it was."""
    words = (seen.gpu_product, f"driver {seen.driver}" if seen.driver else "", seen.pool, seen.image)
    return ", ".join(fmt.one_line(word) for word in words if word) or "unknown"
