"""genai-bench: whether it is there, where, and whether it is the version that our launcher knows."""

from __future__ import annotations

import sys

from autotuner_core.benchmark.interpreter import INSTALL, KNOWN_VERSION, PACKAGE, installed_version
from autotuner_tui.doctor.check import Check, Health


def check_genai_bench() -> Check:
    """Looks at the package's metadata: importing it takes seconds, and it is never imported here."""
    version = installed_version()
    if version is None:
        cure = f"./install.sh or {INSTALL}; or name an interpreter that has it as benchmark.genai_bench_python"
        return Check(PACKAGE, Health.MISSING, f"not installed in {sys.prefix}", cure)
    found = f"{version} ({sys.executable})"
    if version != KNOWN_VERSION:
        cure = f"install {KNOWN_VERSION}: with another one only the plain command line may work, and less is measured"
        return Check(PACKAGE, Health.WARNING, found, cure)
    return Check(PACKAGE, Health.OK, found)
