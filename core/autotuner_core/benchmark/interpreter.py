"""The interpreter that has genai-bench, and the tokenizer it will count with: both known before anything is started."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.failures import PreflightError

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

PACKAGE = "genai-bench"
KNOWN_VERSION = "0.0.5"
LONGEST_MESSAGE = 400
INSTALL = 'pip install "autotuner-tui[bench]"'


def genai_bench_python(task: Task) -> str:
    """The task's `genai_bench_python`, or this interpreter where genai-bench is installed (found, not imported).

    Raises PreflightError with the cure where there is none.
    """
    named = task.benchmark.genai_bench_python
    if named is not None:
        program = shutil.which(str(Path(named).expanduser()))
        if program is None:
            raise PreflightError(
                f"benchmark.genai_bench_python: {named} is no program that can be run",
                cure=f"Name the Python of an environment that has {PACKAGE}=={KNOWN_VERSION}, or leave the key out and "
                f"install it beside the tuner: {INSTALL}",
            )
        return program
    if importlib.util.find_spec("genai_bench") is None:
        raise PreflightError(f"{PACKAGE}, which makes the load, is not installed in {sys.prefix}", cure=_cure())
    return sys.executable


def _cure() -> str:
    if sys.version_info >= (3, 13):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return (
            f"{PACKAGE} needs Python 3.10 to 3.12, and this is {version}: install {PACKAGE}=={KNOWN_VERSION} with such "
            "a Python, and name that interpreter in the task as benchmark.genai_bench_python"
        )
    return f"{INSTALL} (or name an interpreter that has it in the task: benchmark.genai_bench_python)"


def installed_version() -> str | None:
    """The version of genai-bench beside the tuner, without importing it."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def tokenizer_of(task: Task) -> str:
    """The folder or Hugging Face id of the tokenizer: the task's, or the built model's own.

    Raises PreflightError where neither is there.
    """
    named = task.benchmark.model_tokenizer
    if named is not None:
        path = Path(named).expanduser()
        return str(path.resolve()) if path.is_dir() else named
    from autotuner_core.deploy.local import tiny_model

    bundled = task.backend == "local" and (task.local is None or task.local.engine == "llama.cpp")
    if bundled and task.model.name == tiny_model.NAME:
        return str(tiny_model.tokenizer_folder())
    raise PreflightError(
        "benchmark.model_tokenizer is missing: prompts are made to length with the model's tokenizer",
        cure='Add to "benchmark" the model\'s Hugging Face id, or a folder with its tokenizer: '
        '"model_tokenizer": "meta-llama/Llama-3.2-1B-Instruct"',
    )


def check_tokenizer(name: str, *, ok: bool, kind: str, message: str) -> None:
    """Raises PreflightError with the cure where the warm process could not load the tokenizer."""
    if not ok:
        cures = {
            "gated": "Accept its terms on its Hugging Face page, and export HF_TOKEN with a token of that account.",
            "missing": "Correct benchmark.model_tokenizer: a Hugging Face id (owner/name; a private one needs "
            "HF_TOKEN), or a folder with tokenizer.json.",
            "offline": "Fetch it where there is a network (huggingface-cli download NAME), or name a folder with "
            "tokenizer.json in benchmark.model_tokenizer; HF_ENDPOINT and proxy variables are honoured.",
        }
        cure = cures.get(kind, "Name a tokenizer that transformers can load in benchmark.model_tokenizer.")
        raise PreflightError(f"the tokenizer {name} cannot be loaded ({kind}): {_sentences(message)}", cure=cure)


def _sentences(message: str) -> str:
    """A message of several lines as whole sentences on one line, as many as fit; one too long is cut at a word."""
    text = " ".join(message.split())
    if len(text) <= LONGEST_MESSAGE:
        return text
    fits = text[:LONGEST_MESSAGE]
    whole, stop, _ = fits.rpartition(". ")
    return f"{whole}." if stop else fits.rpartition(" ")[0] + " …"
