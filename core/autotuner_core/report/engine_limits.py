"""Which limits of its engine a configuration never reached, and which it did: what more of them could not bring, and
what it might. Only what every measured level has figures for is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autotuner_core.engines.profile import PROFILE_NAMES, Profile, profile_for
from autotuner_core.report import format as fmt

if TYPE_CHECKING:
    from autotuner_core.report.result import Result

LEAST_LOOKS = 5
"""Gauges are looked at once a second: of fewer looks nothing is said."""

NEARLY_FULL = 0.9
"""A KV cache that was seen this full may have been full between two looks."""

COPIES = ("dp_size", "data_parallel_size")
"""Parameters that make several copies of the model, each with limits of its own."""

Said = tuple[bool, str]
"""Whether a limit was reached, and the words for it."""


def limit_sentences(result: Result | None, fixed: Mapping[str, Any]) -> list[str]:
    """At most two sentences about the result; none where its engine told nothing. `fixed` are the task's settings that
    do not vary."""
    levels = _figures_of_levels(result)
    if result is None or not levels or levels[0].get("engine") not in PROFILE_NAMES:
        return []
    told = _Told(levels, profile_for(levels[0]["engine"]), {**fixed, **result.experiment.parameters})
    never = f"Limits of its engine that experiment {result.id} never reached ({told.looks} looks, one a second)"
    sentences = []
    for beginning, reached in ((never, False), (f"Limits of its engine that experiment {result.id} reached", True)):
        if words := [text for was_reached, text in told.all() if was_reached is reached]:
            sentences.append(f"{beginning}: {'; '.join(words)}.")
    return sentences


def _figures_of_levels(result: Result | None) -> list[Mapping[str, Any]]:
    """Of all measured levels; none at all where one of them has none."""
    levels = result.attempt.levels.values() if result is not None and result.attempt is not None else ()
    figures = [level.ended.engine for level in levels if level.level > 0 and level.ended is not None]
    return figures if all(figures) else []


@dataclass(frozen=True)
class _Told:
    """What the engine told in all levels, and how it was configured."""

    levels: Sequence[Mapping[str, Any]]
    profile: Profile
    settings: Mapping[str, Any]

    @property
    def looks(self) -> int:
        return sum(int(level.get("looks", 0)) for level in self.levels)

    def all(self) -> list[Said]:
        rules = (self._running(), self._waiting(), self._cache(), self._preemptions())
        return [said for said in rules if said is not None]

    def _running(self) -> Said | None:
        most, limit = self._most("requests_running"), self._limit("requests_running")
        if most is None or limit is None:
            return None
        name, allowed = limit
        if most < allowed:
            return False, f"at most {_requests(most)} at once, where {name} allows {allowed:.0f}"
        reached = most == allowed and not any(self._known(setting) in COPIES for setting in self.settings)
        return (True, f"{_requests(most)} at once, as many as {name} allows") if reached else None

    def _waiting(self) -> Said | None:
        most = self._most("requests_waiting")
        if most is None:
            return None
        waited = f"up to {_requests(most)} at a time had to wait inside the engine"
        return (True, waited) if most else (False, "no request had to wait inside the engine")

    def _cache(self) -> Said | None:
        most = self._most("kv_cache_usage")
        if most is None:
            return None
        limits = ", ".join(self.profile.metrics["kv_cache_usage"].limits)
        return most >= NEARLY_FULL, f"KV cache up to {fmt.percent(most)} full ({limits})"

    def _preemptions(self) -> Said | None:
        if not all("preemptions" in level for level in self.levels):
            return None
        total = sum(level["preemptions"] for level in self.levels)
        return (True, f"{_requests(total)} preempted") if total else (False, "nothing was preempted")

    def _most(self, gauge: str) -> float | None:
        """The highest value that was seen; None where a level has none, or too few looks were taken."""
        if self.looks < LEAST_LOOKS or not all(gauge in level for level in self.levels):
            return None
        return max(float(level[gauge]["max"]) for level in self.levels)

    def _limit(self, figure: str) -> tuple[str, float] | None:
        """The parameter that bounds the figure, by the name used for it, and its value where one is set."""
        for name, value in self.settings.items():
            if self._known(name) in self.profile.metrics[figure].limits and _is_count(value):
                return name, float(value)
        return None

    def _known(self, name: str) -> str | None:
        """The profile's own name of a parameter."""
        info = self.profile.find(name)
        return info.name if info is not None else None


def _requests(count: float) -> str:
    return "1 request" if count == 1 else f"{count:.0f} requests"


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
