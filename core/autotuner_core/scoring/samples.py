"""Statistics of samples: mean, spread, percentiles, and how sure a mean or a rate is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from autotuner_core.scoring.metrics import PERCENTILES

SAMPLES_BEYOND = 10
"""A percentile is sure when at least this many samples lie beyond it: a p95 wants 200, a p99 1,000, a p50 20."""

MIN_BATCHES, MAX_BATCHES = 5, 20

Z_975 = 1.96

# Student's t, 97.5 %, for 4 to 19 degrees of freedom (5 to 20 batches).
_T_975 = (
    2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093,
)  # fmt: skip


def mean(samples: Sequence[float]) -> float:
    """The arithmetic mean; the samples must not be empty."""
    return math.fsum(samples) / len(samples)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The percentile of ascending samples, interpolated linearly between neighbours (numpy's default method)."""
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def statistics_of(ordered: Sequence[float]) -> dict[str, float]:
    """mean, stddev (of the population, as numpy has it), min, max and the percentiles of ascending samples; empty for
    no samples."""
    if not ordered:
        return {}
    middle = mean(ordered)
    figures = {
        "mean": middle,
        "stddev": math.sqrt(math.fsum((sample - middle) ** 2 for sample in ordered) / len(ordered)),
        "min": ordered[0],
        "max": ordered[-1],
    }
    return figures | {f"p{percent}": percentile(ordered, percent) for percent in PERCENTILES}


def samples_wanted(percent: int) -> int:
    """How many samples make a percentile sure."""
    return round(SAMPLES_BEYOND * 100 / min(percent, 100 - percent))


def unsure_statistics(count: int) -> tuple[str, ...]:
    """The percentiles that `count` samples are too few for."""
    return tuple(f"p{percent}" for percent in PERCENTILES if count < samples_wanted(percent))


def half_width(batches: Sequence[float]) -> float | None:
    """Half the 95 % confidence interval of a mean, by batch means (Student's t over the means of successive batches,
    long enough to be nearly independent). None for fewer than 5 batches or more than 20."""
    if not MIN_BATCHES <= len(batches) <= MAX_BATCHES:
        return None
    middle = mean(batches)
    variance = math.fsum((batch - middle) ** 2 for batch in batches) / (len(batches) - 1)
    return _T_975[len(batches) - MIN_BATCHES] * math.sqrt(variance / len(batches))


def percentile_half_width(samples: Sequence[float], ordered: Sequence[float], percent: int) -> float | None:
    """Half the 95 % confidence interval of a percentile, in the samples' unit, after Woodruff (1952): the interval of
    the share of samples that lie at or below it is turned into one of values, by the samples' own order.

    The share's interval is the wider one of batch means (successive samples resemble each other) and of the binomial
    distribution (batches that happen to agree prove little). None for fewer than 20 samples, or where the interval
    ends beyond the samples: a p95 has one from about 75 samples on. `samples` are in the order in which they came,
    `ordered` the same ones ascending.
    """
    if not samples:
        return None
    value, share = percentile(ordered, percent), percent / 100
    of_batches = half_width(batches_of_samples([float(sample <= value) for sample in samples]))
    if of_batches is None:
        return None
    width = max(of_batches, Z_975 * math.sqrt(share * (1 - share) / len(ordered)))
    if share - width <= 0 or share + width >= 1:
        return None
    return (percentile(ordered, 100 * (share + width)) - percentile(ordered, 100 * (share - width))) / 2


def batches_of_samples(samples: Sequence[float]) -> list[float]:
    """The means of up to 20 batches of equal size, at least 4 samples each, in the given order; what is left over by
    the division is left out at the start. Empty for fewer than 20 samples."""
    number = min(MAX_BATCHES, len(samples) // 4)
    if number < MIN_BATCHES:
        return []
    size = len(samples) // number
    first = len(samples) - number * size
    return [mean(samples[first + i * size : first + (i + 1) * size]) for i in range(number)]


def batches_of_rate(marks: Iterable[tuple[float, float]], start: float, end: float, whole: float) -> list[float]:
    """Rates (amount per second) in 5 to 20 equal slices of (start, end].

    `marks` are (moment, amount). `whole` is what one request takes: slices are at least that long where 5 of them
    fit. Shorter ones see the phases of requests, and the interval comes out wide: rightly, after so few requests.
    """
    seconds = end - start
    if seconds <= 0:
        return []
    number = slices_of(seconds, whole)
    amounts = [0.0] * number
    for moment, amount in marks:
        if start < moment <= end:
            amounts[min(number - 1, int((moment - start) / seconds * number))] += amount
    return [amount * number / seconds for amount in amounts]


def slices_of(seconds: float, whole: float) -> int:
    """Into how many slices a stretch is cut; see `batches_of_rate`."""
    return min(MAX_BATCHES, max(MIN_BATCHES, int(seconds / whole))) if whole > 0 else MAX_BATCHES
