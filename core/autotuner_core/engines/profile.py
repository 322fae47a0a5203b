"""What is known of an engine: its parameters, and how it is started, probed and emptied. The data is in `profiles/`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autotuner_core.engines.metric_names import MetricTable, metric_table

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

PROFILE_NAMES = ("sglang", "vllm", "llama.cpp")

ValueType = Literal["int", "float", "str", "switch", "word", "json"]
ListForm = Literal["items", "comma", "repeat"]


@dataclass(frozen=True)
class ParameterInfo:
    """One parameter that people tune.

    `type` says what follows the flag: a number, a text, nothing (`switch`), one of two `words` for true and false
    (`word`) or a JSON text. `negative` is the flag that switches off what `flag` switches on. `list_form` says how
    several values are written. `default` is the engine's own (None: not fixed); `values` are sensible ones to try.
    """

    name: str
    flag: str
    about: str
    type: ValueType
    versions: str
    source: str
    aliases: tuple[str, ...] = ()
    default: Any = None
    values: tuple[Any, ...] = ()
    negative: str | None = None
    words: tuple[str, str] | None = None
    list_form: ListForm = "items"


@dataclass(frozen=True)
class HttpCall:
    """A request to a running server; `env` must be in the server's environment for it to be answered. A path with
    `{slot}` is for each of the server's slots (`GET /slots` lists them)."""

    method: str
    path: str
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GpuFactor:
    """A parameter that multiplies the number of GPUs, unless the switch named by `unless` is on."""

    parameter: str
    unless: str | None = None


@dataclass(frozen=True)
class Profile:
    """One engine. `command` is its usual command line, with {model}, {host}, {port}, {served_model_name} and, as an
    element of its own, {flags}. `owned_flags` belong to the tuner: no parameter may set them. `parser` is how it reads
    its command line: `argparse` (takes `--flag=value`, and any unambiguous beginning of a flag) or `llama`. `metrics`
    says what its `metrics_path` calls the figures of metric_names.py; `metrics_flag` switches that page on."""

    name: str
    title: str
    source: str
    parser: Literal["argparse", "llama"]
    command: tuple[str, ...]
    owned_flags: tuple[str, ...]
    served_model_flag: str
    health_path: str
    metrics_path: str
    metrics_flag: str | None
    metrics_source: str
    metrics: MetricTable
    flush: HttpCall | None
    gpus: tuple[GpuFactor, ...]
    parameters: Mapping[str, ParameterInfo]

    @cached_property
    def _by_any_name(self) -> Mapping[str, ParameterInfo]:
        table = {alias: info for info in self.parameters.values() for alias in info.aliases}
        by_flag = {plain_name(info.flag): info for info in self.parameters.values()}
        return table | by_flag | dict(self.parameters)

    def find(self, name: str) -> ParameterInfo | None:
        """The parameter of this name, whichever of its spellings is used (`mem_frac`, `--mem-fraction-static`)."""
        return self._by_any_name.get(plain_name(name))

    def nearest(self, name: str) -> str | None:
        """The known name most like an unknown one, or None where none is like it."""
        near = difflib.get_close_matches(plain_name(name), list(self._by_any_name), n=1, cutoff=0.75)
        return near[0] if near else None


def plain_name(name: str) -> str:
    """A parameter's name without the dashes of a flag: `--tp-size` and `tp-size` are `tp_size`."""
    return name.lstrip("-").replace("-", "_")


@cache
def profile_for(name: str) -> Profile:
    """The profile of `sglang`, `vllm` or `llama.cpp`. Raises ValueError for another name."""
    if name not in PROFILE_NAMES:
        raise ValueError(f"no profile of an engine {name!r}; known are {', '.join(PROFILE_NAMES)}")
    file = Path(__file__).parent / "profiles" / f"{name}.json"
    return _profile(json.loads(file.read_text(encoding="utf-8")))


def profile_of_task(task: Task) -> Profile | None:
    """The profile of the engine that a task tunes; None where it is a command line of the user's own.

    In OME the runtime decides the engine: SGLang, unless its name says vLLM.
    """
    if task.backend == "ome":
        return profile_for("vllm" if "vllm" in (task.base_runtime or "").lower() else "sglang")
    engine = task.local.engine if task.local else "llama.cpp"
    if engine == "command":
        return None
    return profile_for("llama.cpp" if engine == "llama-server" else engine)


def _profile(data: Mapping[str, Any]) -> Profile:
    flush = data["flush"]
    return Profile(
        name=data["name"],
        title=data["title"],
        source=data["source"],
        parser=data["parser"],
        command=tuple(data["command"]),
        owned_flags=tuple(data["owned_flags"]),
        served_model_flag=data["served_model_flag"],
        health_path=data["health_path"],
        metrics_path=data["metrics_path"],
        metrics_flag=data["metrics_flag"],
        metrics_source=data["metrics_source"],
        metrics=metric_table(data["metrics"]),
        flush=HttpCall(flush["method"], flush["path"], flush.get("env", {})) if flush else None,
        gpus=tuple(GpuFactor(**factor) for factor in data["gpus"]),
        parameters={name: _parameter(name, entry, data) for name, entry in data["parameters"].items()},
    )


def _parameter(name: str, entry: Mapping[str, Any], data: Mapping[str, Any]) -> ParameterInfo:
    words = entry.get("words")
    return ParameterInfo(
        name=name,
        flag=entry["flag"],
        about=entry["about"],
        type=entry["type"],
        versions=entry.get("versions", data["versions"]),
        source=entry.get("source", data["source"]),
        aliases=tuple(entry.get("aliases", ())),
        default=entry.get("default"),
        values=tuple(entry.get("values", ())),
        negative=entry.get("negative"),
        words=(words[0], words[1]) if words else None,
        list_form=entry.get("list", "items"),
    )
