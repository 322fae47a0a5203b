"""The programs and packages that a run stands on: Python, genai-bench, the bundled engine, kubectl."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from importlib import metadata

from autotuner_tui.doctor.check import Check, Health

OLDEST, NEWEST_FOR_GENAI_BENCH = (3, 10), (3, 12)


def check_python() -> Check:
    """3.10 and newer run the tuner; genai-bench itself wants at most 3.12."""
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < OLDEST:
        return Check("Python", Health.MISSING, found, "install Python 3.10, 3.11 or 3.12")
    if sys.version_info[:2] > NEWEST_FOR_GENAI_BENCH:
        cure = "genai-bench wants Python 3.12 at most: name such an interpreter as benchmark.genai_bench_python"
        return Check("Python", Health.WARNING, found, cure)
    return Check("Python", Health.OK, found)


def check_bundled_engine() -> Check:
    """The llama.cpp engine with what builds the tiny model. Looks without importing: that takes seconds."""
    lacking = [name for name in ("xllamacpp", "gguf", "tokenizers") if importlib.util.find_spec(name) is None]
    if lacking:
        cure = "./install.sh sets it up (pip: `pip install 'autotuner-tui[local]'`); other engines do not need it"
        return Check("bundled engine", Health.WARNING, f"not installed: {', '.join(lacking)}", cure)
    return Check("bundled engine", Health.OK, f"llama.cpp (xllamacpp {metadata.version('xllamacpp')})")


def check_kubectl() -> Check:
    """Tasks for a cluster want it for the way to their engines (port-forward)."""
    found = shutil.which("kubectl")
    if found is None:
        cure = "`run --direct` on a cluster needs it: https://kubernetes.io/docs/tasks/tools/; local tasks do not"
        return Check("kubectl", Health.NOTE, "not found", cure)
    return Check("kubectl", Health.OK, found)
