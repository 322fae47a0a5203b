"""genai-bench: whether it is there, where, and whether it is the version that our launcher knows."""

from __future__ import annotations

import sys
from importlib import metadata

from autotuner_tui.doctor.check import Check, Health

KNOWN = "0.0.5"


def check_genai_bench() -> Check:
    """Looks at the package's metadata: importing it takes seconds, and it is never imported here."""
    try:
        version = metadata.version("genai-bench")
    except metadata.PackageNotFoundError:
        cure = "./install.sh sets it up, or name an interpreter that has it as benchmark.genai_bench_python"
        return Check("genai-bench", Health.MISSING, f"not installed in {sys.prefix}", cure)
    found = f"{version} ({sys.executable})"
    if version != KNOWN:
        cure = f"made for {KNOWN}: with another one the plain command line may be used, and results say what is lost"
        return Check("genai-bench", Health.WARNING, found, cure)
    return Check("genai-bench", Health.OK, found)
