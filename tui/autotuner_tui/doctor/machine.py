"""The machine: GPUs, cores, memory, open files."""

from __future__ import annotations

import os
import resource
import subprocess

import psutil

from autotuner_tui.doctor.check import Check, Health

GIB = 1024**3
FEWEST_OPEN_FILES = 4096
LEAST_FREE_MEMORY = 1.0
NVIDIA_SMI = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader")


def check_gpus() -> Check:
    """What nvidia-smi lists. None is no fault: the bundled engine runs on processors."""
    try:
        ran = subprocess.run(NVIDIA_SMI, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return Check("GPUs", Health.NOTE, "none found (no nvidia-smi)", "the bundled engine runs without")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(
            "GPUs", Health.WARNING, f"nvidia-smi failed: {error}", "run nvidia-smi by hand; the driver may hang"
        )
    lines = [line.strip() for line in ran.stdout.splitlines() if line.strip()]
    if ran.returncode != 0 or not lines:
        reason = (ran.stderr or ran.stdout).strip().splitlines()[:1]
        return Check("GPUs", Health.WARNING, f"nvidia-smi: {' '.join(reason) or 'no GPU'}", "look at the driver")
    return Check("GPUs", Health.OK, f"{len(lines)}: {'; '.join(sorted(set(lines)))}")


def check_cores() -> Check:
    """The load generator wants a core of its own."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if cores < 2:
        return Check(
            "cores", Health.WARNING, str(cores), "engine and load generator share one core: figures are less sure"
        )
    return Check("cores", Health.OK, f"{cores}, load average {os.getloadavg()[0]:.1f}")


def check_memory() -> Check:
    """Free memory, of which the demo's engine and genai-bench want about one GiB."""
    memory = psutil.virtual_memory()
    found = f"{memory.available / GIB:.1f} GiB free of {memory.total / GIB:.1f}"
    if memory.available < LEAST_FREE_MEMORY * GIB:
        return Check(
            "memory", Health.WARNING, found, "genai-bench and a small engine want 1 GiB free: end other programs"
        )
    return Check("memory", Health.OK, found)


def check_open_files() -> Check:
    """A level at high concurrency opens a connection per request under way, on both ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{_limit(soft)} (at most {_limit(hard)})"
    if soft != resource.RLIM_INFINITY and soft < FEWEST_OPEN_FILES:
        return Check(
            "open files", Health.WARNING, found, f"`ulimit -n {FEWEST_OPEN_FILES}` before a run of high concurrency"
        )
    return Check("open files", Health.OK, found)


def _limit(value: int) -> str:
    return "unlimited" if value == resource.RLIM_INFINITY else str(value)
