"""What a command line says, read back as parameters of a task."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from autotuner_core.deploy.ome.options import Option, negated
from autotuner_core.engines.profile import ParameterInfo, Profile

_INTEGER = re.compile(r"-?\d{1,15}")
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,15}")


def settings_of(options: Sequence[Option], profile: Profile | None) -> dict[str, Any]:
    """The parameters that give the same options again; of a flag given twice the last one counts.

    Positional words are no parameters. An unknown flag keeps its spelling (`--some-name` is `some_name`).
    """
    settings: dict[str, Any] = {}
    for option in options:
        if not option.flag.startswith("-"):
            continue
        info = profile.find(option.flag) if profile else None
        off = negated(option.flag, profile) if info is None and profile else None
        name = (info or off).name if info or off else parameter_name(option.flag)  # type: ignore[union-attr]
        settings.pop(name, None)
        settings[name] = False if off else _value(option, info)
    return settings


def parameter_name(flag: str) -> str:
    """The parameter that an unknown flag is passed through as."""
    head, dot, rest = flag.lstrip("-").partition(".")
    return head.replace("-", "_") + dot + rest


def _value(option: Option, info: ParameterInfo | None) -> Any:
    values = option.values
    if not values:
        return True
    if info is not None and info.words and values[0] in info.words:
        return values[0] == info.words[0]
    if info is not None and info.type in ("str", "json") and len(values) == 1:
        return values[0]
    if info is not None and info.list_form == "comma" and "," in values[0]:
        return [_plain(part) for part in values[0].split(",")]
    parsed = [_plain(value) for value in values]
    return parsed if len(parsed) > 1 else parsed[0]


def _plain(text: str) -> Any:
    """A number where writing it out gives the very same text again."""
    if _INTEGER.fullmatch(text) and str(int(text)) == text:
        return int(text)
    if _DECIMAL.fullmatch(text) and json.dumps(float(text)) == text:
        return float(text)
    return text
