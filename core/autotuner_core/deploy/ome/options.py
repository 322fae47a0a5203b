"""A command line as a list of options: which flag each word belongs to, whichever way it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autotuner_core.engines.profile import ParameterInfo, Profile, plain_name

_FLAG = re.compile(r"--?[A-Za-z]")
_PROGRAM = re.compile(
    r"(.*[/.])?(sglang\.launch_server|vllm\.entrypoints\.[a-z0-9_.]+|llama-server|llama_cpp\.server|bundled_server)"
)
_WITH_SUBCOMMAND = {"vllm": "serve", "sglang": "serve"}


@dataclass(frozen=True)
class Option:
    """One flag with what follows it: `words` as they stand on the command line. Without a flag (`""`) they are words
    that belong to none."""

    flag: str
    words: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """What the flag is given: the words behind it, or what follows its `=`."""
        if not self.flag:
            return self.words
        joined = self.words[0][len(self.flag) + 1 :] if "=" in self.words[0] else None
        return self.words[1:] if joined is None else (joined,)


def options_of(words: Sequence[str], profile: Profile | None) -> list[Option]:
    """The options of a command line without its program. A switch takes no value, a known flag takes one (or all that
    follow where it takes lists), an unknown one all up to the next flag."""
    options: list[Option] = []
    position = 0
    while position < len(words):
        end = position + 1
        flag = ""
        if _FLAG.match(words[position]):
            flag, joined, _ = words[position].partition("=")
            most = 0 if joined else _most_values(flag, profile)
            while end < len(words) and end <= position + most and not _FLAG.match(words[end]):
                end += 1
        options.append(Option(flag, tuple(words[position:end])))
        position = end
    return options


def setting_of(flag: str, profile: Profile | None) -> str:
    """What all spellings of one engine setting have in common: `--tp`, `--tp-size` and `--tensor-parallel-size`, a
    switch and its negative."""
    if profile is not None:
        info = profile.find(flag) or negated(flag, profile)
        if info is not None:
            return info.name
    return plain_name(flag)


def program_length(words: Sequence[str]) -> int:
    """How many words of a command line are the program itself: `python3 -m sglang.launch_server` are three."""
    known = _known_program(words)
    if known:
        return known
    if not words or _FLAG.match(words[0]):
        return 0
    return _of_python(words) if PurePosixPath(words[0]).name.startswith("python") else 1


def starts_engine(words: Sequence[str]) -> bool:
    """Whether one of the engines that profiles describe is among the words."""
    return _known_program(words) > 0


def _known_program(words: Sequence[str]) -> int:
    for position, word in enumerate(words):
        if _PROGRAM.fullmatch(word):
            return position + 1
        subcommand = _WITH_SUBCOMMAND.get(PurePosixPath(word).name)
        if subcommand is not None and list(words[position + 1 : position + 2]) == [subcommand]:
            return position + 2
    return 0


def _of_python(words: Sequence[str]) -> int:
    for position, word in enumerate(words[1:], start=1):
        if word == "-m":
            return min(position + 2, len(words))
        if not word.startswith("-"):
            return position + 1
    return len(words)


def negated(flag: str, profile: Profile) -> ParameterInfo | None:
    """The parameter that a flag switches off (`--no-enable-prefix-caching`)."""
    return next((info for info in profile.parameters.values() if info.negative and info.negative == flag), None)


def _most_values(flag: str, profile: Profile | None) -> int:
    if profile is None:
        return 1_000
    if flag in profile.owned_flags and flag != profile.served_model_flag:
        return 1
    if flag == profile.metrics_flag or negated(flag, profile) is not None:
        return 0
    info = profile.find(flag)
    if info is None:
        return 1_000
    if info.type == "switch":
        return 0
    return 1_000 if any(isinstance(value, list) for value in info.values) else 1
