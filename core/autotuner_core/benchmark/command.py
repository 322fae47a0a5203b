"""How genai-bench is called: its arguments, in the order it wants them, and its environment, as small as it can be."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.base import Endpoint, Level

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

API_KEY_VARIABLE = "AUTOTUNER_API_KEY"
"""The endpoint's key, where it wants one. Only this name: a key meant for another service is never sent here."""

NO_API_KEY = "none"
"""What stands where genai-bench insists on a key: it writes the argument to its log and its metadata."""

_PASSED = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
    "HF_HOME", "HF_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT",
    "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
FIXED_ENVIRONMENT = {
    "ENABLE_UI": "false",
    "MPLBACKEND": "Agg",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    # One core is what a load generator gets: threads of number libraries would only stand in its way.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONIOENCODING": "utf-8",
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def api_backend(task: Task) -> str:
    """genai-bench's name for the engine. `vllm` and `sglang` ask for outputs of full length (`ignore_eos`), which
    llama.cpp's server understands too; `openai` leaves that out, for engines that nothing is known of."""
    wish = task.benchmark.additional_params.get("ignore_eos")
    if wish is False:
        return "openai"
    if task.backend == "ome" or task.local is None:
        return "vllm" if "vllm" in (task.base_runtime or "").lower() else "sglang"
    if task.local.engine == "command":
        words = " ".join(task.local.command or ()).lower()
        known = next((name for name in ("sglang", "vllm") if name in words), None)
        return known or ("vllm" if wish or "llama" in words else "openai")
    return "sglang" if task.local.engine == "sglang" else "vllm"


def benchmark_arguments(
    level: Level,
    endpoint: Endpoint,
    *,
    backend: str,
    tokenizer: str,
    additional_params: Mapping[str, Any],
    folder: Path,
) -> list[str]:
    """What follows `genai-bench benchmark` for one level whose files go to `folder`.

    The order matters: the backend before the key and the task, the task before the scenario. Time is in whole minutes
    (the launcher keeps the seconds). Live figures are refreshed hardly ever: each time costs the more the more
    requests there were.
    """
    arguments = [
        "--api-backend", backend,
        "--api-base", endpoint.url,
        "--api-key", NO_API_KEY,
        "--api-model-name", endpoint.model_name,
        "--model-tokenizer", tokenizer,
        "--task", "text-to-text",
        "--max-time-per-run", str(whole_minutes(level.max_seconds)),
        "--max-requests-per-run", str(level.max_requests),
        "--traffic-scenario", level.scenario,
        "--num-concurrency", str(level.concurrency),
        "--metrics-refresh-interval", "3600",
        "--experiment-base-dir", str(folder.parent),
        "--experiment-folder-name", folder.name,
        "--log-dir", str(folder),
    ]  # fmt: skip
    return arguments + request_params(additional_params)


def request_params(additional_params: Mapping[str, Any]) -> list[str]:
    """The arguments that have parameters sent with every request; none where there are none."""
    # `"ignore_eos": false` would make it ask a question; the backend `openai` says the same.
    params = {name: value for name, value in additional_params.items() if name != "ignore_eos" or value}
    return ["--additional-request-params", json.dumps(params)] if params else []


def whole_minutes(seconds: float) -> int:
    """Seconds as whole minutes, rounded up, at least 1."""
    return max(1, math.ceil(seconds / 60 - 1e-9))


def child_environment(environment: Mapping[str, str], *, tokenizer_is_local: bool) -> dict[str, str]:
    """The whole environment of genai-bench: what it needs of ours, and nothing else, because it writes what it finds.

    The network is switched off for Hugging Face where the tokenizer is a local folder. Loopback never goes to a proxy.
    """
    child = {name: environment[name] for name in (*_PASSED, API_KEY_VARIABLE) if environment.get(name)}
    child |= FIXED_ENVIRONMENT
    if tokenizer_is_local:
        child |= OFFLINE
    direct = [part.strip() for part in environment.get("NO_PROXY", environment.get("no_proxy", "")).split(",")]
    child["NO_PROXY"] = child["no_proxy"] = ",".join(dict.fromkeys([*filter(None, direct), *_LOOPBACK]))
    return child


def environment_of_plain(*, tokenizer_is_local: bool = True) -> dict[str, str]:
    """The environment of the plain command line: no launcher is there that could use a key."""
    child = child_environment(os.environ, tokenizer_is_local=tokenizer_is_local)
    child.pop(API_KEY_VARIABLE, None)
    return child
