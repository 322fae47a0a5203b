"""What was applied, as it may be written to a file: without secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autotuner_core.task.redact import HIDDEN, flag_looks_secret, looks_secret


def redacted_env(variables: Mapping[str, str]) -> dict[str, str]:
    """Environment variables with `***` for the values of those that hold a secret by their name."""
    return {name: HIDDEN if looks_secret(name) else value for name, value in variables.items()}


def redacted_argv(argv: Sequence[str]) -> list[str]:
    """A command line with `***` for what follows a flag that holds a secret by its name."""
    result: list[str] = []
    hide_next = False
    for argument in argv:
        flag, equals, _ = argument.partition("=")
        is_flag = argument.startswith("-")
        secret = is_flag and flag_looks_secret(flag.lstrip("-"))
        if hide_next and not is_flag:
            result.append(HIDDEN)
        else:
            result.append(f"{flag}={HIDDEN}" if secret and equals else argument)
        hide_next = secret and not equals
    return result
