"""The local section: the engine's command, GPUs and cores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autotuner_core.space.candidates import TooManyCandidates, candidates
from autotuner_core.space.constraints import ConstraintError, evaluate_number
from autotuner_core.task.checks.command import check_command
from autotuner_core.task.checks.space import configuration_text
from autotuner_core.task.model import Local, Task
from autotuner_core.task.names import environment_fault
from autotuner_core.task.place import Place, quoted, shown
from autotuner_core.task.problem import Problem, warning

_FINDS_GPUS = ("sglang", "vllm")
_GPU = re.compile(r"[0-9]{1,3}|(GPU|MIG)-[A-Za-z0-9/-]{1,80}")
_OF_THE_TUNER = ("CUDA_VISIBLE_DEVICES", "AUTOTUNER_TOKEN")


def check(task: Task) -> Iterator[Problem]:
    """Model, command and environment of a local engine."""
    if task.backend != "local":
        return
    local = task.local or Local()
    yield from _model(task.model.name, local.engine)
    yield from check_command(task, local)
    if local.health_path is not None and not re.fullmatch(r"/[!-~]*", local.health_path):
        place: Place = ("local", "health_path")
        yield Problem(place, f"{quoted(local.health_path)} is no path", 'begin with a slash: "/health"')
    for name in local.env:
        place = ("local", "env", name)
        if fault := environment_fault(name):
            yield Problem(place, f"{quoted(name)} {fault}", code="name", at_key=True)
        if name in _OF_THE_TUNER:
            yield Problem(place, "is set by the tuner", "leave it out; see local.gpus", at_key=True)


def _model(name: str, engine: str) -> Iterator[Problem]:
    place = ("model", "name")
    if name.startswith("-"):
        yield Problem(place, f"{quoted(name)} would be taken for a flag", "begin a path with ./")
    elif engine in ("llama.cpp", "llama-server") and name != "tiny" and not name.lower().endswith(".gguf"):
        message = f"{engine} needs a GGUF file, which {quoted(name)} does not name"
        yield Problem(place, message, 'write the path of a .gguf file, or "tiny" for the built model')
    elif engine in _FINDS_GPUS and name == "tiny":
        yield Problem(place, f"the built model is for llama.cpp; {engine} cannot load it", "name a model folder or id")


def check_devices(task: Task) -> Iterator[Problem]:
    """GPUs by number or id, each once; sets of cores that share none."""
    if task.backend != "local" or task.local is None:
        return
    local = task.local
    gpus = local.gpus or []
    for index, gpu in enumerate(gpus):
        place: Place = ("local", "gpus", index)
        if not _GPU.fullmatch(str(gpu)):
            yield Problem(place, f"{quoted(gpu)} is no GPU", "write its number (0), or its id (GPU-…)")
        elif str(gpu) in map(str, gpus[:index]):
            yield Problem(place, f"the GPU {shown(gpu)} is there twice", "remove one of the two", code="duplicate")
    seen: dict[int, int] = {}
    for index, cores in enumerate(local.cores or []):
        place = ("local", "cores", index)
        if not cores:
            yield Problem(place, "a set of cores must not be empty")
        for core in cores:
            if core in seen:
                yield Problem(place, f"core {core} is in cores[{seen[core]}] already", "give each set its own cores")
            seen[core] = index


def check_parallel(task: Task) -> Iterator[Problem]:
    """Experiments at once on one machine must not disturb one another."""
    wanted = task.optimization.max_parallel
    if task.backend != "local" or wanted == 1:
        return
    local, place = task.local or Local(), ("optimization", "max_parallel")
    if local.cores is not None and len(local.cores) < wanted:
        message = f"{wanted} experiments at once need {wanted} sets of cores; local.cores has {len(local.cores)}"
        yield Problem(place, message, "add sets to local.cores, or lower it", code="parallel")
    elif local.gpus and len(local.gpus) < wanted:
        message = f"{wanted} experiments at once need {wanted} GPUs at least; local.gpus has {len(local.gpus)}"
        yield Problem(place, message, "lower it, or list more GPUs", code="parallel")
    elif not local.gpus and not local.cores and not (local.engine in _FINDS_GPUS and local.gpus is None):
        message = "engines on the same CPU cores disturb one another, so their measurements could not be trusted"
        cure = "give local.gpus, or local.cores (a set for each), or leave max_parallel at 1"
        yield Problem(place, message, cure, code="parallel")


def check_gpus(task: Task) -> Iterator[Problem]:
    """That the expression for GPUs gives a whole number for every configuration, and whether so many are listed."""
    local = task.local
    if task.backend != "local" or local is None or local.gpus_per_experiment is None:
        return
    place, expression = ("local", "gpus_per_experiment"), str(local.gpus_per_experiment)
    try:
        chosen = candidates(task).chosen
    except (ConstraintError, TooManyCandidates, ValueError):
        return
    most: float = 0
    for configuration in chosen:
        try:
            count = evaluate_number(expression, {**task.fixed, **configuration})
        except ConstraintError as error:
            message, _, cure = error.reason.partition("; ")
            seen = f", seen with {configuration_text(configuration)}" if error.configuration else ""
            yield Problem(place, message + seen, cure, code="expression")
            return
        if count < 0 or count != int(count):
            message = f"gives {shown(count)} GPUs with {configuration_text(configuration)}"
            yield Problem(place, message, "a whole number from 0 belongs here", code="expression")
            return
        most = max(most, count)
    if local.gpus is not None and most > len(local.gpus):
        message = f"up to {int(most)} GPUs are needed, but local.gpus lists {len(local.gpus)}"
        yield warning(place, message, "those configurations will fail as does_not_fit; add a constraint", "gpus")
