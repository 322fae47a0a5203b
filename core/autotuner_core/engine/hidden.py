"""Secrets that a task had when its run began. The record has `***` in their place, so a resumed run needs them again:
from the environment, under their own names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from autotuner_core.task.redact import HIDDEN


class SecretsMissing(Exception):
    """Secrets of the task are in neither the record nor the environment; the message names them and the cure."""


def with_secrets(task: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded task with the values of `local.env` that were hidden taken from the environment.

    Raises SecretsMissing where one is not set there, or stands where no variable's name tells what it was.
    """
    local = dict(task.get("local") or {})
    env = {
        name: os.environ.get(name, value) if value == HIDDEN else value for name, value in local.get("env", {}).items()
    }
    whole = {**task, "local": {**local, "env": env}} if env else dict(task)
    if missing := list(_hidden_places(whole, "")):
        raise SecretsMissing(
            f"the record does not keep secrets, and these are needed to go on: {', '.join(missing)}; "
            "set those of local.env as environment variables of the same names, or begin a new run"
        )
    return whole


def _hidden_places(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _hidden_places(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _hidden_places(item, f"{place}[{index}]")
    elif isinstance(value, str) and HIDDEN in value:
        yield place
