"""What a parameter may be called, and when two names mean one setting."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autotuner_core.task.names import environment_fault
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem

ENVIRONMENT = "env."
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")


def name_problem(name: str, place: Place) -> Iterator[Problem]:
    """The problem of a name that can be no engine setting: not `tp_size`, `tp-size` or `env.NAME`."""
    if name.startswith(ENVIRONMENT):
        fault = environment_fault(name[len(ENVIRONMENT) :])
        if fault:
            yield Problem(place, f"the variable after env. {fault}", code="name", at_key=True)
        return
    if _NAME.fullmatch(name):
        return
    bare = re.sub(r"[^A-Za-z0-9_.-]", "_", name[:100].strip("-").split("=")[0].strip())
    cure = f"write {quoted(bare)}" if _NAME.fullmatch(bare) else ""
    message = "no name of a setting: letters, digits, _ - and dots, beginning with a letter"
    if name.startswith("-"):
        message = "a name without the dashes belongs here; the flag is made of it"
    yield Problem(place, message, cure, code="name", at_key=True)


def same_setting(name: str) -> str:
    """Names that mean one engine flag have this in common (`tp-size`, `tp_size`); environment names are exact."""
    return name if name.startswith(ENVIRONMENT) else name.replace("-", "_").lower()
