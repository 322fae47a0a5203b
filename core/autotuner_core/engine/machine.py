"""What machine and tools a run stands on: kept in the journal, so that a result can be held against another."""

from __future__ import annotations

import os
import platform
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from autotuner_core.version import VERSION

PACKAGES = ("genai-bench", "xllamacpp", "sglang", "vllm")


def this_machine() -> dict[str, Any]:
    """Host name, the folder the run began in, system, processor, cores and memory (bytes)."""
    return {
        "host": socket.gethostname(),
        "folder": str(Path.cwd()),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def versions() -> dict[str, str]:
    """Versions of the tuner, Python and those of the tools that are installed beside it."""
    found = {"autotuner-tui": VERSION, "python": ".".join(str(part) for part in sys.version_info[:3])}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The processor's name; Linux tells it in /proc/cpuinfo, others by platform."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
