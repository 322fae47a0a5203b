"""What a local task needs and this machine does not have. The file may be meant for another machine, so `check` and
`plan` warn of it; a run, which is of this one, is refused by it before anything is recorded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.engines.profile import profile_of_task
from autotuner_core.engines.programs import INSTALL
from autotuner_core.plan.draft import Draft
from autotuner_core.task.place import Place
from autotuner_core.task.problem import Problem, warning

if TYPE_CHECKING:
    from autotuner_core.task.model import Local, Task

CODE = "not_here"
"""The code of the findings by which a run is refused."""

_TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model",
    "sentencepiece.bpe.model", "tekken.json",
)  # fmt: skip
"""One of them is in every folder that transformers loads a tokenizer from."""


def here_problems(draft: Draft) -> Iterator[Problem]:
    """Cores, the engine's program, and the tokenizer (none at all is wrong on any machine)."""
    if draft.task.backend != "local":
        return
    local = draft.task.local
    if local is not None:
        yield from _cores(local)
        yield from _program(draft.task, local)
    named = draft.task.benchmark.model_tokenizer
    if named is not None:
        yield from _tokenizer(named)
    elif (
        local is not None and local.engine != "llama.cpp"
    ) or draft.task.model.name != "tiny":  # only the built model brings its own
        message = '"model_tokenizer" is missing: prompts are made to length with the model\'s tokenizer'
        cure = 'add the model\'s Hugging Face id ("meta-llama/Llama-3.2-1B-Instruct"), or a folder with tokenizer.json'
        yield Problem(("benchmark",), message, cure, code="missing", at_key=True)


def _cores(local: Local) -> Iterator[Problem]:
    if not local.cores:
        return
    there = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    for index, cores in enumerate(local.cores):
        if missing := sorted(set(cores) - there):
            names, which = ", ".join(map(str, missing)), "core" if len(missing) == 1 else "cores"
            cure = f"there are {', '.join(map(str, sorted(there)))}" if there else "remove local.cores"
            yield warning(("local", "cores", index), f"this machine has no {which} {names} to give", cure, CODE)


def _program(task: Task, local: Local) -> Iterator[Problem]:
    """The bundled engine is a Python package, which the run looks for when it prepares; so is SGLang, beside its
    Python."""
    profile = profile_of_task(task)
    command = local.command if local.engine == "command" else profile.command if profile is not None else ()
    if local.engine == "llama.cpp" or not command:
        return
    program = command[0]
    if shutil.which(program, path=local.env.get("PATH", os.environ.get("PATH"))) is None:
        message = f"the program {program} is not there, or cannot be executed"
        place: Place = ("local", "command", 0) if local.engine == "command" else ("local", "engine")
        cure = INSTALL.get(local.engine, "correct it, or install the program")
        yield warning(place, message, cure, CODE)


def _tokenizer(name: str) -> Iterator[Problem]:
    place, folder = ("benchmark", "model_tokenizer"), Path(name).expanduser()
    if folder.is_dir():
        if not any((folder / file).is_file() for file in _TOKENIZER_FILES):
            message = f"the folder {name} holds no tokenizer"
            yield warning(place, message, "name a folder with tokenizer.json, or a Hugging Face id", CODE)
    elif name.startswith(("/", "./", "../", "~")):
        yield warning(place, f"there is no folder {name}", "name a folder with tokenizer.json", CODE)
