"""The load: what is sent to each configuration, how long, and what counts as a measurement."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from autotuner_core.task.numbers import numbers_out_of_quotes
from autotuner_core.task.part import Part

Concurrency = Annotated[int, Field(ge=1, le=100_000)]


class Validity(Part):
    """What a level must hold to be compared with others."""

    max_error_rate: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="The share of failed requests above which a level counts as overloaded (0 to 1). Default: 0.05.",
    )
    min_requests: int = Field(
        20,
        ge=1,
        description="Requests a level needs in its window to be steady; never more than half of "
        "max_requests_per_iteration. Default: 20.",
    )


class Benchmark(Part):
    """The load: what is sent to each configuration, how long, and what counts as a measurement."""

    task: str = Field("text-to-text", description='What is measured. Only "text-to-text" (the default).')
    model_name: str | None = Field(
        None, description="The model name sent with each request. Default: the name that the engine serves."
    )
    model_tokenizer: str | None = Field(
        None,
        description="The tokenizer that counts tokens: a Hugging Face id or a folder. Default: the model's own. "
        "Example: meta-llama/Llama-3.2-1B-Instruct.",
    )
    traffic_scenarios: list[str] = Field(
        ["D(100,100)"],
        min_length=1,
        description="Prompt and answer lengths in tokens, one level per scenario and concurrency. D(in,out): fixed; "
        "N(mean,sd)/(mean,sd): normal, U(min,max)/(min,max) or U(max,max): uniform, prompts before answers. "
        'Default: ["D(100,100)"].',
    )
    num_concurrency: list[Concurrency] = Field(
        [1], min_length=1, description="Requests kept under way at once, one level each. Default: [1]. Example: [1, 4]."
    )
    max_time_per_iteration: float = Field(
        10,
        gt=0,
        le=10_080,
        description="MINUTES a level may take (levels multiply: scenarios x concurrencies). Default: 10. "
        "Example: 0.5 for half a minute.",
    )
    max_requests_per_iteration: int = Field(
        100, ge=1, description="Requests after which a level ends, if its time is not up before. Default: 100."
    )
    additional_params: Annotated[dict[str, Any], BeforeValidator(numbers_out_of_quotes)] = Field(
        {},
        description="Sent with every request as they are (numbers in quotes become numbers). "
        'Example: {"temperature": 0.0}.',
    )
    timeout: float | None = Field(
        None,
        gt=0,
        description="Seconds the whole benchmark of one configuration may take. Default: the sum of its levels plus "
        "slack, at least 1800.",
    )
    precision: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="End a level as soon as the objective's figure is known to this relative precision (half its 95 % "
        "confidence interval), if its limits of time and count do not end it before. Default: off. "
        "Example: 0.02 for 2 %.",
    )
    num_workers: int | None = Field(
        None,
        ge=1,
        le=1_000,
        description="Load generators (processes) that share each level. Default: chosen by the tuner, more than one "
        "where the concurrency or a measurement asks for it. Example: 4.",
    )
    cache: Literal["cold", "warm"] = Field(
        "cold", description='"cold" (default): engine caches are emptied between levels; "warm": they are kept.'
    )
    validity: Validity = Field(Validity(), description="What a level must hold to be compared with others.")
    image: str | None = Field(
        None, description="The image with genai-bench for a BenchmarkJob (ome only). Default: the built-in choice."
    )
    resources: dict[str, Any] = Field(
        {},
        description="Requests and limits of a BenchmarkJob's load generator, as in a container (ome only). Default: "
        "OME's, 2 CPUs and 2Gi. "
        'Example: {"requests": {"cpu": "4"}, "limits": {"cpu": "4", "memory": "4Gi"}}.',
    )
    genai_bench_python: str | None = Field(
        None,
        description="The Python interpreter that has genai-bench, where it is not the tuner's own. "
        "Example: /opt/bench/bin/python.",
    )
