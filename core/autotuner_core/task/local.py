"""A server process on this machine instead of a cluster (`backend: local`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from autotuner_core.task.part import Part, number_or_text

Core = Annotated[int, Field(ge=0)]
Gpu = Annotated[int | str, BeforeValidator(number_or_text)]
GpuCount = Annotated[str | int, BeforeValidator(number_or_text)]


class Local(Part):
    """A server process on this machine instead of a cluster (`backend: local`)."""

    engine: Literal["llama.cpp", "llama-server", "sglang", "vllm", "command"] = Field(
        "llama.cpp",
        description="The engine: llama.cpp (default; bundled, needs no GPU), llama-server, sglang or vllm (their "
        "usual commands, found on the PATH), or command (any command line).",
    )
    command: list[str] | None = Field(
        None,
        description="The command line for engine: command. {port}, {host} and {model} are filled in; {flags}, as an "
        "element of its own, becomes the configuration's flags. "
        'Example: ["python", "-m", "my_engine", "--port", "{port}", "--model-path", "{model}", "{flags}"].',
    )
    health_path: str | None = Field(
        None, description="The path that answers 200 when the engine is ready. Default: the engine's own, or /health."
    )
    env: dict[str, str] = Field(
        {},
        description="Environment variables of the engine, besides those of the tuner. Not for secrets: they are "
        'inherited from the shell that starts the run. Example: {"HF_HOME": "/data/hf"}.',
    )
    gpus: list[Gpu] | None = Field(
        None,
        description="The GPUs that may be given out: numbers, or ids such as GPU-8f3a. Default: all that are found. "
        "Example: [0, 1, 2, 3].",
    )
    gpus_per_experiment: GpuCount | None = Field(
        None,
        description="GPUs a configuration needs: a number, or an expression over the parameters. Default: known for "
        'sglang and vllm. Examples: 2, "tp_size", "tp * pp".',
    )
    cores: list[list[Core]] | None = Field(
        None,
        description="CPU cores, one set for each experiment under way; no core in two sets. Example: [[0, 1], [2, 3]].",
    )
