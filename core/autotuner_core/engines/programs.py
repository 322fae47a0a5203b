"""The programs of engines on this machine: what to do where one is not there."""

from __future__ import annotations

from collections.abc import Mapping

INSTALL: Mapping[str, str] = {
    "llama-server": "Install llama.cpp so that llama-server is on the PATH, or use the bundled engine: "
    '"engine": "llama.cpp".',
    "sglang": "Install SGLang in the Python environment that is active when the run starts.",
    "vllm": "Install vLLM so that vllm is on the PATH, or activate its environment first.",
}
"""The cure, by the word of `local.engine`."""
