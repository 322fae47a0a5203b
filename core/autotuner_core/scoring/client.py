"""Whether the load generator was the limit of a level, by what it measured of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autotuner_core.scoring.answers import Finding
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.benchmark.base import ClientLoad, LevelRun
    from autotuner_core.scoring.figures import LevelFigures

BUSY_SHARE = 0.95
"""From here on the load generator had always something to do: it never waited for the engine. Measured with an engine
that is quicker than any load generator: 0.98 to 1 at the limit, 0.2 and less where it keeps up, on an idle machine as
on one where others take a third of its time (its share of the core alone is then 0.63 at the limit)."""

LAG_SECONDS = 0.010
"""Below this the event loop's lateness is what a busy machine's scheduler does to anybody: measured 0.3 to 4 ms."""

LAG_SHARE = 0.10
"""Above this share of the median TTFT the lateness is a part of what was measured that nobody may ignore."""

MUCH_WAITING = 0.25
"""Where others had the core for more of the time than this, more load generators would only take more of it."""


def others_had_the_core(client: ClientLoad) -> bool:
    """Whether the load generator lacked a core rather than a second process."""
    return client.wait_share > MUCH_WAITING


def client_bound(run: LevelRun, figures: LevelFigures) -> Finding | None:
    """A load generator that had no time left, or came too late to things to measure them."""
    client = run.client
    if client is None:
        return None
    who = "the load generator" if run.workers == 1 else f"the busiest of {run.workers} load generators"
    if client.busy >= BUSY_SHARE:
        share = f"{client.busy:.0%} of the time that it had a core"
        return Finding(Verdict.CLIENT_BOUND, f"{who} was at work for {share}", _evidence(client))
    ttft = figures.get("ttft.p50")
    if ttft is not None and client.lag_median > max(LAG_SECONDS, LAG_SHARE * ttft):
        late, of = f"{client.lag_median * 1000:.3g} ms", f"{ttft * 1000:.3g} ms"
        why = f"{who} came {late} late to things (median), more than a tenth of the TTFT ({of}) it measured"
        return Finding(Verdict.CLIENT_BOUND, why, _evidence(client))
    return None


def _evidence(client: ClientLoad) -> tuple[str, str]:
    waited = f"had to wait for one {client.wait_share:.0%} of the time"
    lag = f"{client.lag_median * 1000:.3g} ms (median), {client.lag_worst * 1000:.3g} ms (worst)"
    cure = "share the level between more load generators (benchmark.num_workers)"
    if others_had_the_core(client):
        cure = (
            "let nothing else run on its cores (on this machine local.cores keeps the engine off them; in a cluster's "
            "pods benchmark.resources asks for some)"
        )
    return f"it used {client.cpu_share:.0%} of a core, {waited}, and was late by {lag}", f"cure: {cure}"
