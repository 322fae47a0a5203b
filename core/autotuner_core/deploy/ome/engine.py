"""Which engine a runtime starts: told by its own command line, else by its image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.ome.runtime import Runtime, read_runtime
from autotuner_core.engines.profile import Profile, profile_for

_BY_COMMAND = (
    ("sglang", re.compile(r"\bsglang\.launch_server\b|\bsglang\s+serve\b")),
    ("vllm", re.compile(r"\bvllm\s+serve\b|\bvllm\.entrypoints\.")),
    ("llama.cpp", re.compile(r"\bllama-server\b|\bllama_cpp\.server\b|\bbundled_server\b")),
)
_BY_IMAGE = (
    ("sglang", re.compile(r"sglang")),
    ("vllm", re.compile(r"vllm")),
    ("llama.cpp", re.compile(r"llama[._-]?cpp")),
)


def profile_of_runtime(runtime: Runtime | Mapping[str, Any]) -> Profile | None:
    """The profile of the engine that a runtime starts; None for an engine that no profile describes.

    Raises ManifestError for a runtime without a container.
    """
    read = runtime if isinstance(runtime, Runtime) else read_runtime(runtime)
    image = read.image.rpartition("@")[0] or read.image
    for table, said in ((_BY_COMMAND, " ".join(read.words)), (_BY_IMAGE, image.lower())):
        for name, pattern in table:
            if pattern.search(said):
                return profile_for(name)
    return None
