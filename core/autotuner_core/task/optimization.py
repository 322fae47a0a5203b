"""What is sought, and what the search may cost."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from autotuner_core.scoring.metrics import OBJECTIVE_WORDS
from autotuner_core.task.nearest import did_you_mean
from autotuner_core.task.part import Part, refusal

_WORDS = tuple(OBJECTIVE_WORDS)


class Objective(Part):
    """The figure that decides which configuration is better. Always this form after loading: the two words are
    turned into it, and `word` keeps them."""

    metric: str = Field(
        description="The metric, by name; latencies with a statistic. Examples: output_throughput (tokens/s), "
        "output_throughput_per_gpu, goodput (requests/s that meet the slo), ttft.p95, tpot.p90, itl.p99, "
        "e2e_latency.mean (seconds)."
    )
    direction: Literal["minimize", "maximize"] = Field(description="Which way is better.")
    levels: Literal["best", "all"] = Field(
        description='"all" averages the metric over all levels (every scenario at every concurrency), "best" takes '
        "the level where it is best (and, with an slo, met)."
    )
    word: SkipJsonSchema[Literal["minimize_latency", "maximize_throughput"] | None] = Field(
        None, description="The word by which the objective was given, if it was; not for task files."
    )


def _objective(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in OBJECTIVE_WORDS:
        others = "or an object with metric, direction and levels for any other metric"
        raise refusal(
            f'unknown objective "{value}"', did_you_mean(value, _WORDS) or f"write {' or '.join(_WORDS)}, {others}"
        )
    meaning = OBJECTIVE_WORDS[value]
    return {"metric": meaning.metric, "direction": meaning.direction, "levels": meaning.levels, "word": value}


def _limit(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) != {"max"}:
        raise refusal('a limit is a number or {"max": number}, an upper limit', 'write for example {"max": 0.05}')
    return value["max"]


Limit = Annotated[
    float,
    Field(gt=0),
    BeforeValidator(_limit),
    WithJsonSchema(
        {
            "description": 'The upper limit, in the metric\'s unit (latencies: seconds). Examples: 0.5, {"max": 0.05}.',
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "description": "The upper limit."},
                {
                    "type": "object",
                    "description": "The upper limit, named.",
                    "properties": {"max": {"type": "number", "exclusiveMinimum": 0, "description": "The upper limit."}},
                    "required": ["max"],
                    "additionalProperties": False,
                },
            ],
        }
    ),
]


class Optimization(Part):
    """What is sought, and what the search may cost."""

    strategy: Literal["grid_search", "random_search", "adaptive"] = Field(
        "grid_search",
        description="How configurations are chosen: grid_search (default; all combinations, or an evenly spread "
        "part of them under max_iterations), random_search (a random part), adaptive (learns from the results).",
    )
    objective: Annotated[Objective, BeforeValidator(_objective)] = Field(
        description="What is better: minimize_latency (mean end-to-end latency in seconds, averaged over all levels), "
        "maximize_throughput (output tokens per second at the best level), or an object that names any metric."
    )
    slo: dict[str, Limit] = Field(
        {},
        description="Service level objectives: upper limits by metric and statistic, in the metric's unit (seconds). "
        'Configurations that miss one rank below all that meet them. Example: {"ttft.p95": 0.5, "tpot.p90": 0.05}.',
    )
    max_iterations: int | None = Field(
        None,
        ge=1,
        description="How many configurations at most; an evenly spread part is taken. Default: all. Example: 40.",
    )
    timeout_per_iteration: float = Field(
        600, gt=0, description="Seconds an engine may take until it answers. Default: 600."
    )
    max_hours: float | None = Field(
        None, gt=0, description="Hours the run may take, hard: nothing is started that would go beyond. Default: none."
    )
    max_gpu_hours: float | None = Field(
        None, gt=0, description="GPU-hours the run may take (GPUs held x hours), hard. Default: none. Example: 64."
    )
    max_parallel: int = Field(
        1, ge=1, le=1000, description="Experiments under way at once, each on GPUs or cores of its own. Default: 1."
    )
    retries: int = Field(
        2,
        ge=0,
        le=100,
        description="How often an experiment is tried again that failed through its surroundings (never through its "
        "configuration). Default: 2.",
    )
    seed: int = Field(
        1,
        ge=0,
        lt=2**32,
        description="Decides the order of experiments, the part taken under max_iterations, and the prompts; the "
        "same seed gives the same run. Default: 1.",
    )
