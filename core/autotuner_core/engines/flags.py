"""A configuration as command-line flags and environment variables of the engine, without loss.

What each kind of value means (the one place where this is decided):

| value in the task | what the engine gets |
|---|---|
| number, text | the flag, then the value: `"tp_size": 2` is `--tp-size 2` |
| `true` | the flag alone: `--enable-torch-compile`; its word for on where it takes one: `--flash-attn on`; `true` after a flag that is known to take a value |
| `false` | the flag's negative where the engine has one (`--no-enable-prefix-caching`), its word for off where it takes one (`--flash-attn off`), `false` after a flag that is known to take a value; otherwise the flag is left out |
| `null` | the flag is left out: the engine's own default |
| `""` | the flag with an empty value: `--torchao-config ''` |
| list | the flag once, then every item: `[1, 2, 4]` is `--cuda-graph-bs 1 2 4`; joined by commas, or the flag repeated, where the engine's profile says so; an empty list leaves the flag out |

A parameter that a profile knows, by any of its names, gets the right spelling (`mem_frac` is `--mem-fraction-static`).
Any other is passed through: `some_name` is `--some-name`; of `a.some_key` only what stands before the dot is changed.
`no_some_name: true` is `--no-some-name`: so a switch that is on by default can be set off where no profile knows it.

`env.NAME` is an environment variable of the engine and no flag: numbers and texts as they are, `true` is `1`, `false`
is `0`, `null` leaves it unset, a list is joined by commas.
"""  # noqa: E501

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autotuner_core.engines.profile import ParameterInfo, Profile

ENV_PREFIX = "env."

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def engine_flags(parameters: Mapping[str, Any], profile: Profile | None) -> list[str]:
    """The arguments for these parameters (varied and fixed ones together), in their order; as the module says."""
    argv: list[str] = []
    for name, value in parameters.items():
        if not is_env(name):
            argv += _flag(name, value, profile)
    return argv


def engine_env(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables that the `env.NAME` parameters set."""
    return {
        name[len(ENV_PREFIX) :]: _env_text(value)
        for name, value in parameters.items()
        if is_env(name) and value is not None
    }


def same_server(configs: Iterable[Mapping[str, Any]], profile: Profile | None) -> list[tuple[int, ...]]:
    """Which of these configurations would start the very same server: groups of two or more positions (from 0).

    Only equal arguments and an equal environment count: a value that is left out and the same value given are two
    different command lines, although the engine may take them for one.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for position, config in enumerate(configs):
        started = (tuple(engine_flags(config, profile)), tuple(sorted(engine_env(config).items())))
        groups.setdefault(started, []).append(position)
    return [tuple(positions) for positions in groups.values() if len(positions) > 1]


def is_env(name: str) -> bool:
    """Whether a parameter is an environment variable."""
    return name.startswith(ENV_PREFIX)


def flag_name(name: str, profile: Profile | None) -> str:
    """The flag that a parameter is given by."""
    info = profile.find(name) if profile else None
    if info is not None:
        return info.flag
    head, dot, rest = name.partition(".")
    return "--" + head.replace("_", "-") + dot + rest


def _flag(name: str, value: Any, profile: Profile | None) -> list[str]:
    if value is None:
        return []
    info = profile.find(name) if profile else None
    flag = flag_name(name, profile)
    if isinstance(value, bool):
        return _boolean(flag, value, info)
    if isinstance(value, (list, tuple)) and (info is None or info.type != "json"):
        return _list(flag, value, info)
    text = _text(value, info)
    if profile is not None and profile.parser == "argparse" and text.startswith("-") and not _NUMBER.fullmatch(text):
        # As an argument of its own argparse would take it for another flag.
        return [f"{flag}={text}"]
    return [flag, text]


def _boolean(flag: str, value: bool, info: ParameterInfo | None) -> list[str]:
    if info is not None and info.words is not None:
        return [flag, info.words[0] if value else info.words[1]]
    if info is not None and info.type not in ("switch", "word"):
        return [flag, _text(value, None)]
    if value:
        return [flag]
    return [info.negative] if info is not None and info.negative else []


def _list(flag: str, values: Sequence[Any], info: ParameterInfo | None) -> list[str]:
    texts = [_text(value, info) for value in values]
    form = info.list_form if info else "items"
    if not texts:
        return []
    if form == "comma":
        return [flag, ",".join(texts)]
    if form == "repeat":
        return [argument for text in texts for argument in (flag, text)]
    return [flag, *texts]


def _text(value: Any, info: ParameterInfo | None) -> str:
    """A single value as text. 4096.0 is 4096 where the engine wants a whole number (ranges give decimals)."""
    if value is None or isinstance(value, (bool, Mapping, list, tuple)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, float) and value.is_integer() and info is not None and info.type == "int":
        return str(int(value))
    return str(value)


def _env_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(_env_text(item) for item in value)
    return _text(value, None)
