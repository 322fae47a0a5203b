"""What a load generator is to the engine: levels in, the single requests out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from autotuner_core.benchmark.level import Level

if TYPE_CHECKING:
    from autotuner_core.control import Scope
    from autotuner_core.failures import ExperimentFailure

__all__ = ["Benchmark", "ClientLoad", "Endpoint", "Level", "LevelRun", "LevelWatch", "RequestRow", "SoFar"]


@dataclass(frozen=True)
class Endpoint:
    """Where the engine answers (`http://127.0.0.1:18080`, without /v1) and the model name that it serves under."""

    url: str
    model_name: str


@dataclass(frozen=True)
class RequestRow:
    """One request, as the launcher saw it. Times are seconds on the load generator's monotonic clock.

    `chunks` are the times at which pieces of output came; `end` is None for a request that was cut at the level's
    end; `error` is a code (HTTP status, or one of genai-bench's) for a request that failed. Without timestamps (files
    of the plain command line) start, first_token, end and chunks are empty and the three latencies are given.
    """

    input_tokens: int
    output_tokens: int
    start: float | None = None
    first_token: float | None = None
    end: float | None = None
    chunks: tuple[float, ...] = ()
    error: int | None = None
    error_message: str = ""
    ttft: float | None = None
    tpot: float | None = None
    e2e_latency: float | None = None


@dataclass(frozen=True)
class ClientLoad:
    """How hard the load generator worked in a level: its CPU share (1.0 is one core, all its time), how late its event
    loop came to things (seconds, median and worst of the ticks), and the share of the time in which it was ready to
    run and others had the core (0 where the system does not tell). Of several load generators the worst one's."""

    cpu_share: float
    lag_median: float
    lag_worst: float
    wait_share: float = 0.0

    @property
    def busy(self) -> float:
        """The share of its time that it worked, leaving out what others took from it: at 1 it never had to wait for
        the engine. What it lacks then is a faster core or a second process, or the core that others had."""
        return min(1.0, self.cpu_share / max(1.0 - self.wait_share, self.cpu_share, 0.01))


@dataclass(frozen=True)
class LevelRun:
    """What came of a level: its requests in order of their start, and the time it was under load.

    `started` and `ended` bracket the load on the clock of the rows. `ended_by`: requests, time, asked, died, or the
    reason that its LevelWatch gave (precision, slo).
    `timestamps` is False where only the plain files were there: then `seconds` is the file's run_duration.
    `workers` is how many load generators shared it, `suspended` how long the machine was suspended meanwhile (seconds,
    which the clock of the rows leaves out).
    """

    level: Level
    rows: tuple[RequestRow, ...]
    started: float
    ended: float
    ended_by: str
    timestamps: bool = True
    client: ClientLoad | None = None
    notes: tuple[str, ...] = field(default=())
    workers: int = 1
    suspended: float = 0.0

    @property
    def seconds(self) -> float:
        return self.ended - self.started


SoFar = Callable[[float], LevelRun]
"""From a moment, on the clock of the rows, to the level under way as it was then, as if it had ended."""


class LevelWatch(Protocol):
    """Watches one level while it is under way, and says when it knows enough."""

    def look(self, rows: Sequence[RequestRow], so_far: SoFar) -> str | None:
        """Take the requests that have ended since the last look; `so_far` makes the level as it would be, were it over
        at a moment that has passed. The reason for which the level is to end now, as LevelRun.ended_by has it
        (precision, slo), or None. Quick: it is asked ten times a second."""


class Benchmark(Protocol):
    """A way to load an endpoint. One per run; `run_level` may be called from several threads at once."""

    def prepare(self, scope: Scope) -> None:
        """Make ready what every level needs (load generator found and warm, tokenizer loaded), before any GPU is
        taken. Raises PreflightError with the cure where it cannot be."""

    def versions(self) -> dict[str, str]:
        """The load generator that was found, after `prepare`: versions by name."""

    def make_early(self, folder: Path, scope: Scope) -> None:
        """The server of the attempt whose folder this is does not answer yet, and a load generator may be started
        already. Raises ExperimentFailure and Interrupted."""

    def has_begun(self, level: Level, folder: Path, scope: Scope) -> bool:
        """Whether a host of this run that died has begun this level, and `run_level` will take what comes of it: the
        engine is not to be touched before. Raises ExperimentFailure and Interrupted."""

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: Callable[[], ExperimentFailure | None],
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        """Load `endpoint` with one level. Streams (samples.jsonl, benchmark.log) go to `folder`, the attempt's.

        `server_failure` is asked all the while: when the engine is dead the level ends with `ended_by="died"`.
        `watch` makes what ends the level when it knows enough, once for each time that the level is begun; where single
        requests cannot be seen while it is under way, it is not asked.
        Raises ExperimentFailure(benchmark_failed, endpoint_unreachable) and Interrupted; the load has ended then.
        """

    def more_workers(self, run: LevelRun) -> int | None:
        """After a level that was client_bound: how many load generators will share it when it is run again, from then
        on. None where it would be the same again."""

    def finish(self, folder: Path, scope: Scope) -> None:
        """The attempt whose folder this is has had all its levels, or is not to have any more: end what was started for
        it alone. Safe to call where nothing was. Raises ExperimentFailure for what cannot be ended."""

    def close(self) -> None:
        """End everything that `prepare` started. Safe to call twice."""
