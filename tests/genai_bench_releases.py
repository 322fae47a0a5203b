"""Releases of genai-bench beside the one of the environment, each in a folder of its own under the user's cache: the
packages that they need are the environment's."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

INSTALLED = "0.0.5"
"""The environment's own."""
KNOWN = (INSTALLED, "0.0.4")
"""Those whose internals the launcher knows."""
RUN_BY_THEMSELVES = ("0.0.3", "0.0.2")
"""Others, whose files are known."""
OLDEST = "0.0.1"
"""It knows no engine but `openai`, and OME is told the engine's own name."""


def places_of(release: str) -> list[str]:
    """The folders that have to stand on PYTHONPATH for it. Installs it where that was not done before; where it cannot
    be installed, the test skips, and says so."""
    if release == INSTALLED:
        return []
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autotuner-tui" / "genai-bench"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / release
    with (cache / f"{release}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(release, folder)
    return [str(folder)]


def _install(release: str, folder: Path) -> None:
    part = folder.with_name(f"{folder.name}.part")
    words = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(part), f"genai-bench=={release}"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"genai-bench {release} cannot be installed here: {done.stderr.strip()[-300:]}")
    part.rename(folder)
