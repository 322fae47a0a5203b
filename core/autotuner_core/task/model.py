"""The task file's shape: what a user may write, key by key. (Skeleton: messages, descriptions and checks to come.)"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field

Scalar = Union[bool, int, float, str, None]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChoiceParameter(Part):
    type: Literal["choice"]
    values: list[Any]


class RangeParameter(Part):
    type: Literal["range"]
    min: float
    max: float
    step: float | None = None
    scale: Literal["linear", "log"] = "linear"
    count: int | None = None


class BoolParameter(Part):
    type: Literal["bool"]


Parameter = Annotated[Union[ChoiceParameter, RangeParameter, BoolParameter], Field(discriminator="type")]


class Model(Part):
    name: str
    namespace: str | None = None


class Objective(Part):
    """Always this form after loading: the document's two words are turned into it (`word` keeps them)."""

    metric: str
    direction: Literal["minimize", "maximize"]
    levels: Literal["best", "all"]
    word: str | None = None


class Optimization(Part):
    strategy: Literal["grid_search", "random_search", "adaptive"] = "grid_search"
    objective: Objective
    slo: dict[str, float] = {}  # metric -> upper limit; {"max": x} is normalised to x
    max_iterations: int | None = None
    timeout_per_iteration: float = 600
    max_hours: float | None = None
    max_gpu_hours: float | None = None
    max_parallel: int = 1
    retries: int = 2
    seed: int = 1


class Validity(Part):
    max_error_rate: float = 0.05
    min_requests: int = 20


class Benchmark(Part):
    task: str = "text-to-text"
    model_name: str | None = None
    model_tokenizer: str | None = None
    traffic_scenarios: list[str] = ["D(100,100)"]
    num_concurrency: list[int] = [1]
    max_time_per_iteration: float = 10  # MINUTES per level
    max_requests_per_iteration: int = 100
    additional_params: dict[str, Any] = {}
    timeout: float | None = None  # seconds; None: sum of the levels plus slack, at least 1800
    precision: float | None = None
    cache: Literal["cold", "warm"] = "cold"
    validity: Validity = Validity()
    image: str | None = None
    genai_bench_python: str | None = None  # interpreter that has genai-bench, where it is not this one


class Pvc(Part):
    name: str = "benchmark-results-pvc"
    size: str = "1Gi"


class Kubernetes(Part):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    node_selector: dict[str, str] = {}
    tolerations: list[dict[str, Any]] = []
    priority_class: str | None = None
    image_pull_secrets: list[str] = []
    service_account: str | None = None
    env_from_secrets: dict[str, str] = {}
    shm_size: str | None = None
    resources: dict[str, Any] = {}
    gpu_resource: str = "nvidia.com/gpu"
    lease_minutes: float = 10
    pvc: Pvc = Pvc()


class Local(Part):
    engine: Literal["llama.cpp", "llama-server", "sglang", "vllm", "command"] = "llama.cpp"
    command: list[str] | None = None
    health_path: str | None = None
    env: dict[str, str] = {}
    gpus: list[int | str] | None = None
    gpus_per_experiment: str | int | None = None
    cores: list[list[int]] | None = None


class Task(Part):
    task_name: str
    description: str = ""
    backend: Literal["ome", "local"] = "ome"
    model: Model
    base_runtime: str | None = None
    parameters: dict[str, Parameter]
    fixed: dict[str, Any] = {}
    baseline: dict[str, Any] | None = None
    constraints: list[str] = []
    optimization: Optimization
    benchmark: Benchmark = Benchmark()
    kubernetes: Kubernetes = Kubernetes()
    local: Local | None = None
