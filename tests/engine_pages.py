"""The `/metrics` pages of engines, as they answer them: names, labels and kinds are those of the real ones (SGLang
0.5.x, vLLM 0.8 and 0.11, llama.cpp builds of 2025 and of xllamacpp 2026.10), shortened to some of their histograms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """What the engine counts; counters from its start, tokens of prompts."""

    running: int = 0
    waiting: int = 0
    cache_usage: float = 0.0
    preemptions: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0


def sglang(counts: Counts) -> str:
    """With --enable-metrics. The counter of retractions is not there before the first; the gauge is of one batch."""
    labels = 'engine_type="unified",model_name="tiny",moe_ep_rank="0",pp_rank="0",tp_rank="0"'
    gauges = {
        "num_running_reqs": counts.running,
        "num_used_tokens": 4096,
        "token_usage": counts.cache_usage,
        "num_queue_reqs": counts.waiting,
        "cache_hit_rate": 0.3,
        "num_retracted_reqs": 0,
    }
    page = "".join(_metric(f"sglang:{name}", "gauge", labels, value) for name, value in gauges.items())
    page += _histogram("sglang:time_to_first_token_seconds", 'model_name="tiny"')
    page += _metric("sglang:prompt_tokens_total", "counter", 'model_name="tiny"', counts.prompt_tokens)
    cached = (("device", counts.cached_tokens), ("host", 0))
    for source, tokens in cached:
        label = f'cache_source="{source}",model_name="tiny"'
        page += _metric("sglang:cached_tokens_total", "counter", label, tokens)
    if counts.preemptions:
        page += _metric("sglang:num_retracted_requests_total", "counter", labels, counts.preemptions)
    return page


def vllm(counts: Counts) -> str:
    """0.11: the old names of the cache are gone."""
    return _vllm(counts, "vllm:kv_cache_usage_perc", "vllm:prefix_cache")


def vllm_of_08(counts: Counts) -> str:
    """0.8.5."""
    return _vllm(counts, "vllm:gpu_cache_usage_perc", "vllm:gpu_prefix_cache")


def _vllm(counts: Counts, usage: str, prefix_cache: str) -> str:
    labels = 'engine="0",model_name="tiny"'
    page = "# HELP python_gc_objects_collected_total Objects collected during gc\n"
    page += (
        '# TYPE python_gc_objects_collected_total counter\npython_gc_objects_collected_total{generation="0"} 12345.0\n'
    )
    page += _metric("vllm:num_requests_running", "gauge", labels, counts.running)
    page += _metric("vllm:num_requests_waiting", "gauge", labels, counts.waiting)
    page += _metric(usage, "gauge", labels, counts.cache_usage)
    page += _metric(f"{prefix_cache}_queries_total", "counter", labels, counts.prompt_tokens)
    page += _metric(f"{prefix_cache}_queries_created", "gauge", labels, 1.7580000e09)
    page += _metric(f"{prefix_cache}_hits_total", "counter", labels, counts.cached_tokens)
    page += _metric("vllm:num_preemptions_total", "counter", labels, counts.preemptions)
    return page + _histogram("vllm:request_queue_time_seconds", labels)


def llama_cpp(counts: Counts) -> str:
    """A build of 2026."""
    page = _plain("prompt_tokens_total", "counter", counts.prompt_tokens - counts.cached_tokens)
    page += _plain("prompt_tokens_cached_total", "counter", counts.cached_tokens)
    return page + _llama_cpp(counts)


def llama_cpp_of_early_2025(counts: Counts) -> str:
    """Before the cache's figures were taken away, and cached tokens counted."""
    page = _plain("prompt_tokens_total", "counter", counts.prompt_tokens - counts.cached_tokens)
    page += _plain("kv_cache_usage_ratio", "gauge", counts.cache_usage) + _plain("kv_cache_tokens", "gauge", 512)
    return page + _llama_cpp(counts)


def _llama_cpp(counts: Counts) -> str:
    return (
        _plain("predicted_tokens_seconds", "gauge", "nan")
        + _plain("requests_processing", "gauge", counts.running)
        + _plain("requests_deferred", "gauge", counts.waiting)
        + _plain("n_busy_slots_per_decode", "gauge", 1.99)
    )


PAGES: Mapping[str, Callable[[Counts], str]] = {
    "sglang": sglang,
    "vllm": vllm,
    "vllm-0.8": vllm_of_08,
    "llama.cpp": llama_cpp,
    "llama.cpp-2025": llama_cpp_of_early_2025,
}


def _metric(name: str, kind: str, labels: str, value: float) -> str:
    family = name.removesuffix("_total") if name.startswith("vllm:") else name
    return f"# HELP {family} Says what it is.\n# TYPE {family} {kind}\n{name}{{{labels}}} {float(value)}\n"


def _histogram(name: str, labels: str) -> str:
    buckets = "".join(f'{name}_bucket{{le="{bound}",{labels}}} 3.0\n' for bound in ("0.001", "0.005", "+Inf"))
    return f"# TYPE {name} histogram\n{name}_sum{{{labels}}} 0.7\n{buckets}{name}_count{{{labels}}} 3.0\n"


def _plain(name: str, kind: str, value: float | str) -> str:
    return f"# HELP llamacpp:{name} Says what it is.\n# TYPE llamacpp:{name} {kind}\nllamacpp:{name} {value}\n"
