"""What the task's own limits do to the measurement: levels that can never be steady, percentiles nobody can trust."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autotuner_core.plan.draft import Draft
from autotuner_core.scoring.samples import samples_wanted
from autotuner_core.scoring.wanted import requests_wanted
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, note, warning

_PERCENTILE = re.compile(r"(\w+)\.p(\d+)")
_PER_CHUNK = "itl"
"""Its samples are the gaps of all requests, many for each: a level never has too few."""


def measurement_problems(draft: Draft) -> Iterator[Problem]:
    """Levels too short to be judged, percentiles with too few samples, caches that stay full."""
    yield from _never_steady(draft)
    yield from _fewer_wanted(draft)
    yield from _unsure_percentiles(draft)
    yield from _cache_stays(draft)


def _never_steady(draft: Draft) -> Iterator[Problem]:
    """While clients begin and end one after the other the asked concurrency is not held: that costs about one round
    of requests, so of N requests at concurrency c some N - c end in the window; with less than two rounds hardly
    anything does."""
    cap = draft.task.benchmark.max_requests_per_iteration
    wanted = requests_wanted(draft.task.benchmark.validity.min_requests, cap)
    concurrencies = sorted({level.concurrency for level in draft.measured})
    short = [clients for clients in concurrencies if cap < 2 * clients or cap - clients < wanted]
    if not short:
        return
    enough = max(2 * short[-1], short[-1] + draft.task.benchmark.validity.min_requests)
    yield warning(
        ("benchmark", "max_requests_per_iteration"),
        f"at concurrency {', '.join(map(str, short))} {cap} requests are never steady: too few are answered "
        f"while the asked concurrency is held ({wanted} are wanted), and such a level is not compared",
        f"allow at least {enough}",
        "never_steady",
    )


def _fewer_wanted(draft: Draft) -> Iterator[Problem]:
    benchmark = draft.task.benchmark
    cap, asked = benchmark.max_requests_per_iteration, benchmark.validity.min_requests
    wanted = requests_wanted(asked, cap)
    if wanted < asked and "min_requests" in benchmark.validity.model_fields_set:
        yield note(
            ("benchmark", "validity", "min_requests"),
            f"{wanted} are asked and not {asked}: never more than half of max_requests_per_iteration ({cap})",
            f"raise max_requests_per_iteration to {2 * asked}",
            "min_requests_lowered",
        )


def _unsure_percentiles(draft: Draft) -> Iterator[Problem]:
    optimization = draft.task.optimization
    metrics: dict[str, Place] = {name: ("optimization", "slo", name) for name in optimization.slo}
    metrics.setdefault(optimization.objective.metric, ("optimization", "objective"))
    cap = draft.task.benchmark.max_requests_per_iteration
    samples = min((cap - level.concurrency for level in draft.measured), default=cap)
    for name, place in metrics.items():
        match = _PERCENTILE.fullmatch(name)
        if match is None or match[1] == _PER_CHUNK:
            continue
        wanted = samples_wanted(int(match[2]))
        if samples < wanted:
            highest = draft.measured[-1].concurrency
            yield warning(
                place,
                f"{name} wants {wanted} requests in a level to be sure; a level will have about {max(samples, 0)}",
                f"set benchmark.max_requests_per_iteration to {wanted + highest} or more, or use a lower percentile",
                "unsure_percentile",
            )


def _cache_stays(draft: Draft) -> Iterator[Problem]:
    task = draft.task
    if task.backend != "local" or task.benchmark.cache != "cold":
        return
    if draft.profile is not None and draft.profile.flush is not None:
        return
    engine = draft.profile.title if draft.profile else "this engine"
    yield note(
        ("benchmark", "cache"),
        f"there is no known call that empties the caches of {engine}: they stay filled between the levels of an "
        "experiment (prompts differ from level to level all the same)",
        code="cache_not_emptied",
    )
