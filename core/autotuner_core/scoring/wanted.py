"""How much must have been measured before a figure counts: what can be told of it before a level begins."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from autotuner_core.scoring.metrics import LATENCIES, PER_GPU
from autotuner_core.scoring.samples import samples_wanted

if TYPE_CHECKING:
    from autotuner_core.benchmark.level import Level
    from autotuner_core.scoring.answers import ValidityLike

RATES = ("output_throughput", "input_throughput", "total_throughput", "request_throughput", "goodput")

FEWEST_BATCHES = 10
"""With fewer batches an interval is itself so uncertain that one which is narrow by chance would end the level."""

LOOKS_GROW = 1.15
"""A look comes when there are this many times the requests of the last one. Each look is a chance to stop at an
interval that is narrow by luck; looks that grow in this way are few (17 from 100 requests to 1,000)."""

LOOKS_IN_A_ROW = 2
"""So many successive looks must find the figure known: luck seldom holds through 15 % more requests."""

LEAST_SECONDS = 10.0
"""So long a stretch must be known before precision may end a level. What disturbs a machine lasts for seconds: a quick
engine has answered hundreds of requests before any of it shows, and knows its figure for that one second."""

_SAMPLES_PER_BATCH = 4
_LATENCY_PERCENTILE = re.compile(r"(?:ttft|tpot|e2e_latency|output_latency)\.p(\d+)")
PERCENTILE = re.compile(r"p(\d+)")


def requests_wanted(min_requests: int, max_requests: int) -> int:
    """How many answered requests the window must hold: the task's `min_requests`, but never more than half of what
    the task's cap lets a level send, and at least 1."""
    return max(1, min(min_requests, max_requests // 2)) if max_requests > 0 else max(1, min_requests)


def can_be_told(metric: str) -> bool:
    """Whether the half width of this metric is known, given enough requests: not of a maximum, say, or of gaps between
    tokens."""
    base, _, statistic = metric.removesuffix(PER_GPU).partition(".")
    of_latencies = base in LATENCIES and (statistic == "mean" or PERCENTILE.fullmatch(statistic) is not None)
    return base in RATES or of_latencies


def fewest_requests(level: Level, metrics: Iterable[str], validity: ValidityLike) -> int:
    """How many requests must have ended in the known stretch before precision may end a level: what makes it steady
    (`validity.min_requests`), ten batches of four, ten rounds of its clients, and what each percentile among the
    objective and the limits of the SLO wants to be sure (a p95 200)."""
    percentiles = [int(match[1]) for name in metrics if (match := _LATENCY_PERCENTILE.fullmatch(name))]
    return max(
        requests_wanted(validity.min_requests, level.max_requests),
        FEWEST_BATCHES * max(_SAMPLES_PER_BATCH, level.concurrency),
        *(samples_wanted(percent) for percent in percentiles),
    )


def fewest_to_end(level: Level, metrics: Iterable[str], validity: ValidityLike) -> int:
    """How many requests a level sends at least before precision ends it: as many looks as it takes must find its figure
    known, and one request per client is still under way then."""
    first = fewest_requests(level, metrics, validity)
    return math.ceil(first * LOOKS_GROW ** (LOOKS_IN_A_ROW - 1)) + level.concurrency
