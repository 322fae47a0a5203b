"""A BenchmarkJob that runs by itself, as OME made it, and its level files, read from the claim: for an image in which
the launcher does not report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.benchmark.command import whole_minutes
from autotuner_core.benchmark.job.orders import POLL_SECONDS
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.benchmark.job.reports import Report
from autotuner_core.benchmark.job.starting import ENDED
from autotuner_core.benchmark.level_files import LevelFileError, find_level_file, read_level_file
from autotuner_core.control import Scope
from autotuner_core.failures import ExperimentFailure, FailureCause

LOST = (
    "Lost by that: the same prompts for every configuration (no seed), the warm-up, times of single requests (figures "
    "are of whole levels, without ramp and end taken off, and no level ends early), live figures, caches emptied "
    "between levels, additional_params, time limits below a minute and exact request counts. Such results are not "
    "compared with others."
)
NOTE = "measured by a plain BenchmarkJob: no seed, no warm-up, no times of requests, whole minutes"
REPORTS_SECONDS = 120.0
"""For genai-bench's start and for the reports that it renders at its end."""

ServerFailure = Callable[[], ExperimentFailure | None]


def why_by_itself(loaded: Report | None) -> str:
    """Why a BenchmarkJob is left to itself, by what the launcher in its pod has reported of genai-bench."""
    if loaded is None:
        return "no launcher has reported from it"
    missing = "; ".join(str(one) for one in loaded.get("missing", ()))
    return f"its genai-bench {loaded.get('genai_bench')} is not as expected ({missing})"


class PlainJob:
    """The levels of one attempt: the first one that is asked for waits for the whole job. `bring` has the files of its
    results brought to `files`."""

    def __init__(self, parts: JobParts, pod: JobPod, files: Path, bring: Callable[[], object]) -> None:
        self._parts, self._pod, self._files, self._bring = parts, pod, files, bring
        self._done = False
        self._died = False

    def run_level(self, level: Level, scope: Scope, server_failure: ServerFailure) -> LevelRun:
        """What the job's files hold of the level. Raises ExperimentFailure and Interrupted."""
        if level.warm_up:
            return LevelRun(level, (), 0.0, 0.0, "requests", timestamps=False, notes=(NOTE,))
        if not self._done:
            self._wait(scope, server_failure)
        if self._died:
            return LevelRun(level, (), 0.0, 0.0, "died", timestamps=False, notes=(NOTE,))
        path = find_level_file(self._files, level)
        if path is None:
            raise ExperimentFailure(
                FailureCause.BENCHMARK_FAILED,
                f"the BenchmarkJob {self._pod.manifest.name} ended ({self._pod.seen.state or 'no state'}) without a "
                f"result for {level.scenario} at {level.concurrency}",
                evidence=self._pod.tail(),
                cure="Its output is in benchmark.log.",
            )
        try:
            return read_level_file(path, level, (NOTE,))
        except LevelFileError as error:
            raise ExperimentFailure(FailureCause.BENCHMARK_FAILED, str(error), retry=False) from error

    def _late(self) -> ExperimentFailure:
        """A launcher that has taken the job in hand after all waits for orders that nobody gives any more."""
        return ExperimentFailure(
            FailureCause.BENCHMARK_FAILED,
            f"the launcher in the pod of {self._pod.manifest.name} came too late: genai-bench took too long to load",
            evidence=self._pod.tail(),
            cure="It is tried again; the node has the image's files at hand then.",
        )

    def _wait(self, scope: Scope, server_failure: ServerFailure) -> None:
        """Completed is not success, and neither is Failed without a result: the files decide, unless the pod was taken
        away or killed."""

        def over() -> bool:
            self._pod.reports.look()
            if self._pod.reports.listening is not None:
                raise self._late()
            self._died = server_failure() is not None
            over = self._pod.ended or self._pod.seen.state in ENDED
            if not self._died and (failure := self._pod.failure(now=over)) is not None:
                raise failure
            return self._died or over

        seconds = sum(60.0 * whole_minutes(level.max_seconds) for level in self._parts.measured) + REPORTS_SECONDS
        if not scope.wait_until(over, seconds, poll=POLL_SECONDS):
            raise ExperimentFailure(
                FailureCause.BENCHMARK_FAILED,
                f"the BenchmarkJob {self._pod.manifest.name} did not end within {seconds:.0f} s",
                evidence=self._pod.tail(),
                cure="Its output is in benchmark.log.",
            )
        if not self._died:
            self._bring_told()
        self._done = True

    def _bring_told(self) -> None:
        """Where that fails after genai-bench has failed, what it said last is told too: it may have written nothing."""
        try:
            self._bring()
        except ExperimentFailure as failure:
            if not (code := self._pod.exit_code):
                raise
            self._pod.reports.look()
            raise ExperimentFailure(
                failure.cause,
                f"genai-bench in the pod of {self._pod.manifest.name} left with exit code {code}; {failure.message}",
                evidence=(*failure.evidence, *self._pod.tail()),
                cure=f"Its output is in benchmark.log. {failure.cure}".strip(),
                retry=failure.retry,
            ) from failure
