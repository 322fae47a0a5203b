"""Why an attempt has no score: the levels' verdicts as one failure, with its evidence and its cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.scoring.level import JudgedLevel
from autotuner_core.scoring.verdict import Verdict

_CURES: Mapping[Verdict, str] = {
    Verdict.OVERLOADED: "Ask for less load (num_concurrency, longer limits), or leave this configuration out.",
    Verdict.REFUSED: (
        "Check the model name that the engine serves under (benchmark.model_name; a BenchmarkJob that runs by itself "
        "asks for vllm-model: give the engine --served-model-name vllm-model, or set a benchmark.image in which the "
        "launcher reports), its address, and AUTOTUNER_API_KEY where it wants a key."
    ),
    Verdict.UNREACHABLE: "See that nothing stands between the load generator and the engine (proxy, firewall, port).",
    Verdict.CLIENT_BOUND: "Give the load generator a core of its own, or ask for less concurrency.",
    Verdict.NOT_STEADY: (
        "Give the levels more room (max_requests_per_iteration, max_time_per_iteration), or lower num_concurrency or "
        "validity.min_requests. Pauses between requests are the load generator's: ask for longer outputs."
    ),
    Verdict.WRONG_LENGTH: (
        "Make the engine go on to the asked length (ignore_eos), see that the context holds prompt and output, or use "
        "a scenario without a fixed length."
    ),
    Verdict.NOT_STREAMED: "Serve /v1/chat/completions with stream=true and nothing in between that buffers.",
    Verdict.NO_OUTPUT: (
        "Look at the engine's log; where it is only slow, raise max_time_per_iteration; where it answers with one JSON "
        "document or a page, it does not stream: serve /v1/chat/completions with stream=true."
    ),
    Verdict.UNMEASURED: "Leave that limit out of the SLO, or measure where requests have their times.",
    Verdict.CUT: "",
}


def failure_of_all(levels: Sequence[JudgedLevel]) -> ExperimentFailure:
    """Every level is needed: one that is overloaded decides, else the first that cannot be compared."""
    bad = [level for level in levels if not level.verdict.comparable]
    overloaded = [level for level in bad if level.verdict is Verdict.OVERLOADED]
    return _failure(overloaded[0] if overloaded else bad[0] if bad else None, bad, all(level.retry for level in bad))


def failure_of_best(levels: Sequence[JudgedLevel]) -> ExperimentFailure:
    """No level can be compared: it is held against the configuration only where all of them were overloaded."""
    other = [level for level in levels if level.verdict is not Verdict.OVERLOADED]
    chosen = other or list(levels)
    return _failure(chosen[0] if chosen else None, levels, any(level.retry for level in other))


def no_value(levels: Sequence[JudgedLevel], metric: str) -> ExperimentFailure:
    """The levels are comparable, but the objective's metric is not among their figures."""
    return ExperimentFailure(
        FailureCause.INVALID_MEASUREMENT,
        f"the measurement has no figure for the objective, {metric}",
        evidence=[_line(level) for level in levels],
        cure="Choose another metric; figures per GPU need GPUs, itl needs the times of single requests.",
        retry=False,
    )


def _failure(level: JudgedLevel | None, levels: Sequence[JudgedLevel], retry: bool) -> ExperimentFailure:
    if level is None:
        return ExperimentFailure(FailureCause.INVALID_MEASUREMENT, "no level was measured")
    causes = {
        Verdict.OVERLOADED: FailureCause.OVERLOADED,
        Verdict.REFUSED: FailureCause.BENCHMARK_FAILED,
        Verdict.UNREACHABLE: FailureCause.ENDPOINT_UNREACHABLE,
    }
    return ExperimentFailure(
        causes.get(level.verdict, FailureCause.INVALID_MEASUREMENT),
        f"{level.verdict.value} at {level.scenario} x{level.concurrency}: {level.why}",
        evidence=[*(_line(each) for each in levels), *level.evidence],
        cure=_CURES.get(level.verdict, ""),
        retry=retry,
    )


def _line(level: JudgedLevel) -> str:
    why = f": {level.why}" if level.why else ""
    return f"level {level.index} {level.scenario} x{level.concurrency} {level.verdict.value}{why}"
