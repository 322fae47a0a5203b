"""What a command line in a task leaves open, and what is filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.failures import PreflightError

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

PLACEHOLDERS = ("port", "host", "model", "served_model_name", "flags")

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def filled_in(element: str, values: Mapping[str, str]) -> str:
    """An element of a command line with the values of its placeholders. Other braces (JSON, say) stay."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], element)


def served_name(task: Task) -> str:
    """The name that the model is served under: `benchmark.model_name`, or the model's own without its folder."""
    if task.benchmark.model_name:
        return task.benchmark.model_name
    name = task.model.name
    if name.lower().endswith(".gguf"):
        return Path(name).stem
    return Path(name).name if Path(name).expanduser().is_dir() else name


def check_placeholders(template: Sequence[str]) -> None:
    """Raises PreflightError, with the place, for what would not be filled in."""
    if not template:
        raise PreflightError('local.command is missing, which "engine": "command" needs')
    for index, element in enumerate(template):
        for name in _PLACEHOLDER.findall(element):
            if name not in PLACEHOLDERS:
                known = ", ".join("{" + known + "}" for known in PLACEHOLDERS)
                raise PreflightError(f"local.command[{index}]: {{{name}}} is not filled in", cure=f"Known are {known}.")
            if name == "flags" and element != "{flags}":
                raise PreflightError(
                    f"local.command[{index}]: {{flags}} becomes several arguments",
                    cure='Write "{flags}" as an element of its own.',
                )
