"""One request as figures: its latencies, when its tokens came, and whether its output was streamed at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import RequestRow

# No single request of a real engine gets 10,000 tokens a second; a burst that was held back is read faster than that.
BURST_GAP_SECONDS = 0.0001


@dataclass(frozen=True)
class Latencies:
    """The latencies of one answered request in seconds; None where it has none (tpot of a single token, say)."""

    ttft: float | None
    tpot: float | None
    e2e_latency: float | None
    output_latency: float | None
    gaps: tuple[float, ...] = ()

    @property
    def itl(self) -> float | None:
        """The mean gap between two of its pieces of output."""
        return sum(self.gaps) / len(self.gaps) if self.gaps else None

    def meets(self, limits: Mapping[str, float]) -> bool:
        """Whether it is within every limit (by metric); a latency that it does not have is not held against it."""
        return all((value := getattr(self, name)) is None or value <= limit for name, limit in limits.items())


def answered(row: RequestRow) -> bool:
    """A success that produced tokens: ended, without an error, with output."""
    return row.error is None and row.output_tokens > 0 and (row.end is not None or row.e2e_latency is not None)


def failed(row: RequestRow) -> bool:
    """Ended with an error."""
    return row.error is not None


def empty(row: RequestRow) -> bool:
    """Ended well, but without any output."""
    return not failed(row) and not answered(row) and row.end is not None


def latencies(row: RequestRow) -> Latencies:
    """The latencies of an answered request: ttft is first token - start, e2e end - start, output_latency end - first
    token, tpot = output_latency / (output tokens - 1), the gaps those between its chunks. Rows without times bring
    ttft, tpot and e2e along."""
    if row.start is None or row.end is None:
        known = row.ttft is not None and row.e2e_latency is not None
        output = row.e2e_latency - row.ttft if known else None  # type: ignore[operator]
        return Latencies(row.ttft, row.tpot, row.e2e_latency, output)
    first = first_token(row)
    output = None if first is None else row.end - first
    tpot = output / (row.output_tokens - 1) if output is not None and row.output_tokens > 1 else None
    gaps = tuple(later - earlier for earlier, later in pairwise(row.chunks))
    return Latencies(None if first is None else first - row.start, tpot, row.end - row.start, output, gaps)


def first_token(row: RequestRow) -> float | None:
    """When its first piece of output came."""
    if row.first_token is not None:
        return row.first_token
    return row.chunks[0] if row.chunks else None


def tokens_per_chunk(rows: list[RequestRow]) -> float:
    """Output tokens per piece of output over the answered requests; 1 where nobody knows. A cut request never told
    how many tokens it had (that comes with the end): its pieces are taken to be like the others."""
    whole = [row for row in rows if answered(row) and row.chunks]
    chunks = sum(len(row.chunks) for row in whole)
    return sum(row.output_tokens for row in whole) / chunks if chunks else 1.0


def token_marks(row: RequestRow, cut_tokens_per_chunk: float) -> list[tuple[float, float]]:
    """(moment, tokens): its output tokens spread evenly over its pieces of output, each when it came. Failed requests
    have none; an answered one without recorded pieces has all at its end."""
    if failed(row):
        return []
    if row.end is None:
        return [(moment, cut_tokens_per_chunk) for moment in row.chunks]
    if not answered(row):
        return []
    if not row.chunks:
        return [(row.end, float(row.output_tokens))]
    return [(moment, row.output_tokens / len(row.chunks)) for moment in row.chunks]


def came_at_once(row: RequestRow) -> bool:
    """Whether an answered request got its whole output in one piece: in a single chunk, or in one burst. The mean gap
    tells, not the median: a load generator that is late reads what was streamed in several bunches. Where it kept no
    times, a missing tpot says the same: it drops that of bursts."""
    if row.output_tokens < 2:
        return False
    if row.start is None or row.end is None:
        return row.tpot is None
    if not row.chunks:
        return False
    if len(row.chunks) == 1:
        return True
    return (row.chunks[-1] - row.chunks[0]) / (len(row.chunks) - 1) < BURST_GAP_SECONDS
