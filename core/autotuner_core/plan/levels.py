"""The levels of load that every configuration gets: the same ones, in the same order, with the same prompts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from autotuner_core.benchmark.level import Level

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

WARM_UP_INDEX = 0
WARM_UP_SECONDS = 30.0
WARM_UP_LEAST_REQUESTS = 4

_SECONDS_PER_MINUTE = 60.0


def levels_of(task: Task, repeat: int = 0) -> tuple[Level, ...]:
    """The warm-up (index 0), then every scenario at every concurrency, ascending within a scenario, from index 1.

    The warm-up is thrown away: one request per client at the highest concurrency (4 at least), 30 s at most, so that
    what an engine builds on its first requests is built. `repeat` counts further measurements of the same experiment:
    they get other prompts.
    """
    benchmark = task.benchmark
    scenarios = list(dict.fromkeys(benchmark.traffic_scenarios))
    concurrencies = sorted(set(benchmark.num_concurrency))
    seconds = benchmark.max_time_per_iteration * _SECONDS_PER_MINUTE
    seed = task.optimization.seed
    pairs = [(scenario, concurrency) for scenario in scenarios for concurrency in concurrencies]
    measured = [
        Level(
            index=index,
            scenario=scenario,
            concurrency=concurrency,
            max_seconds=seconds,
            max_requests=benchmark.max_requests_per_iteration,
            seed=level_seed(seed, scenario, concurrency, repeat),
        )
        for index, (scenario, concurrency) in enumerate(pairs, start=1)
    ]
    highest = concurrencies[-1]
    warm_up = Level(
        index=WARM_UP_INDEX,
        scenario=scenarios[0],
        concurrency=highest,
        max_seconds=min(WARM_UP_SECONDS, seconds),
        max_requests=max(highest, WARM_UP_LEAST_REQUESTS),
        seed=level_seed(seed, f"warm-up {scenarios[0]}", highest, repeat),
        warm_up=True,
    )
    return (warm_up, *measured)


def level_seed(task_seed: int, scenario: str, concurrency: int, repeat: int = 0) -> int:
    """The seed of a level's prompts, 0 to 2^31 - 1. It knows nothing of the configuration: all get the same prompts."""
    text = f"{task_seed}/{scenario}/{concurrency}/{repeat}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") & 0x7FFF_FFFF
