"""The engine's command line in the task file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autotuner_core.task.model import Local, Task
from autotuner_core.task.nearest import one_of
from autotuner_core.task.parameter_names import ENVIRONMENT
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem

PLACEHOLDERS = ("port", "host", "model", "served_model_name", "flags")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_EXAMPLE = '["python", "-m", "my_engine", "--port", "{port}", "--model-path", "{model}", "{flags}"]'
_PLACE: Place = ("local", "command")


def check_command(task: Task, local: Local) -> Iterator[Problem]:
    """That a command is there where it is needed, and carries the port and the configuration."""
    if local.command is None:
        if local.engine == "command":
            yield Problem(_PLACE, '"command" is missing, which engine command needs', f"for example {_EXAMPLE}")
        return
    if local.engine != "command":
        message = f"a command belongs to engine command; {local.engine} has its own"
        yield Problem(_PLACE, message, 'set "engine": "command", or remove the command', at_key=True)
        return
    if not local.command or not local.command[0].strip():
        yield Problem(_PLACE, "the command must not be empty", f"for example {_EXAMPLE}")
        return
    yield from _placeholders(local.command)
    yield from _carried(task, local.command)


def _placeholders(command: list[str]) -> Iterator[Problem]:
    for index, element in enumerate(command):
        for name in _PLACEHOLDER.findall(element):
            if name not in PLACEHOLDERS:
                yield Problem((*_PLACE, index), f"{quoted('{' + name + '}')} is not filled in", _nearest(name))
            elif name == "flags" and element != "{flags}":
                message = "{flags} becomes several arguments, so it must be an element of its own"
                yield Problem((*_PLACE, index), message, 'write "{flags}" by itself')


def _nearest(name: str) -> str:
    return one_of("{" + name + "}", ["{" + known + "}" for known in PLACEHOLDERS])


def _carried(task: Task, command: list[str]) -> Iterator[Problem]:
    if not any("{port}" in element for element in command):
        message = "the engine must be told its port, which is another for each experiment"
        yield Problem(_PLACE, message, 'add "--port", "{port}"', code="no_port")
    settings = [name for name in (*task.parameters, *task.fixed) if not name.startswith(ENVIRONMENT)]
    if settings and "{flags}" not in command:
        message = f"{settings[0]} would never reach the engine: the command has no {{flags}}"
        yield Problem(_PLACE, message, 'add "{flags}" as an element of its own', code="no_flags")
    if command.count("{flags}") > 1:
        yield Problem(_PLACE, "{flags} is there twice", "leave it in once")
