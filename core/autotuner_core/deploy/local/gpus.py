"""Which GPUs and cores there are on this machine, and how an engine is kept to its own."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from autotuner_core.deploy.ask import ask
from autotuner_core.failures import PreflightError

NVIDIA = "CUDA_VISIBLE_DEVICES"
AMD = ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


def found_gpus(environment: Mapping[str, str], wait: Callable[[float], None] = time.sleep) -> tuple[str, ...]:
    """The GPUs that may be used: those that a VISIBLE_DEVICES variable names, else all that nvidia-smi lists. All
    waiting is by `wait`, which may raise to give up."""
    for variable in (NVIDIA, *AMD):
        if variable in environment:
            return _visible(environment[variable])
    program = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if program is None:
        return ()
    try:
        listed = ask([program, "-L"], environment, 20, wait)
    except OSError:
        return ()
    return tuple(re.findall(r"^GPU (\d+):", listed.text, re.MULTILINE)) if listed.exit_code == 0 else ()


def _visible(value: str) -> tuple[str, ...]:
    names = []
    for name in (part.strip() for part in value.split(",")):
        if not name or name.startswith("-") or name == "NoDevFiles":
            break  # as the CUDA runtime reads it: what stands behind an invalid one is invisible
        names.append(name)
    return tuple(names)


def gpu_environment(gpus: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which an engine sees these GPUs alone. Numbers are those of nvidia-smi (bus order)."""
    names = ",".join(gpus)
    variables = {NVIDIA: names, **{name: names for name in AMD if name in environment}}
    if "CUDA_DEVICE_ORDER" not in environment:
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    return variables


def whole_gpus(count: float) -> int:
    """How many whole GPUs are given for a count: a GPU is never shared."""
    return max(0, math.ceil(count))


def check_cores(cores: Sequence[Sequence[int]]) -> None:
    """Raises PreflightError where a core is not there, or engines cannot be kept to cores on this system."""
    if not hasattr(os, "sched_setaffinity"):
        raise PreflightError(
            "this system cannot keep a process to given cores (local.cores)", cure="Remove local.cores from the task."
        )
    there = os.sched_getaffinity(0)
    missing = sorted({core for cores_of_one in cores for core in cores_of_one} - there)
    if missing:
        raise PreflightError(
            f"local.cores names {', '.join(map(str, missing))}, which this machine or this process does not have",
            cure=f"Name cores out of {', '.join(map(str, sorted(there)))}.",
        )


@contextlib.contextmanager
def on_cores(cores: Sequence[int] | None) -> Iterator[None]:
    """What is started inside runs on these cores alone: affinity is of the calling thread, and inherited."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
