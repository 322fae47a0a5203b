"""What all commands share: the refusal, and the reading of arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_EXPERIMENTS = 10_000


class Refused(Exception):
    """The command cannot be carried out; the message says why, and what could be done."""


def only(arguments: Mapping[str, Any], *known: str) -> None:
    """Raises Refused for an argument that the command does not have."""
    if unknown := [name for name in arguments if name not in known]:
        raise Refused(f"unknown argument {unknown[0][:40]!r}; it takes {', '.join(known) or 'none'}")


def flag(arguments: Mapping[str, Any], name: str) -> bool:
    """A switch, off where it is absent."""
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise Refused(f'"{name}" is true or false')
    return value


def numbers(arguments: Mapping[str, Any], name: str = "experiments") -> list[int]:
    """Numbers of experiments, each once; at least one."""
    value = arguments.get(name)
    good = isinstance(value, list) and value and len(value) <= MOST_EXPERIMENTS
    if not good or not all(isinstance(item, int) and not isinstance(item, bool) for item in value or ()):
        raise Refused(f'"{name}" is a list of numbers of experiments, such as [3, 4]')
    return list(dict.fromkeys(value or ()))


def named(experiments: list[int]) -> str:
    """`experiment 3`, `experiments 3, 4`."""
    return f"experiment{'s' if len(experiments) > 1 else ''} {', '.join(map(str, experiments))}"
