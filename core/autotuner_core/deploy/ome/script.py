"""Engines that a runtime starts through a shell: `bash -c "python3 -m sglang.launch_server ..."`.

What such a script says is read for what it says already; flags are added at its end, where the engine is its last
command. Nothing is taken out of it: a shell's text cannot be rewritten safely.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.options import program_length, starts_engine

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_SEPARATORS = frozenset(";&|\n")
_CURE = (
    "Use a runtime whose engine is the last command of its script or has a command and args of its own, "
    "or say the whole command line in a template of yours (--templates)."
)


def script_position(words: Sequence[str]) -> int | None:
    """Where in a command line the script is that a shell runs; None where no shell does."""
    if not words or PurePosixPath(words[0]).name not in _SHELLS:
        return None
    with_script = False
    for position, word in enumerate(words[1:], start=1):
        if not word.startswith("-"):
            return position if with_script else None
        with_script = with_script or bool(re.fullmatch(r"-[a-z]*c", word))
    return None


def engine_words(script: str) -> list[str]:
    """The last command of a script, without `exec` and variables set before it. Raises ManifestError where it cannot
    be told, or starts no engine."""
    try:
        words = list(_lexer(_joined(script)))
    except ValueError as error:
        raise ManifestError(f"the runtime's shell script cannot be read: {error}", cure=_CURE) from None
    ends = [position for position, word in enumerate(words) if word[:1] in _SEPARATORS]
    last = words[ends[-1] + 1 :] if ends else words
    known = starts_engine(last) or (not starts_engine(words) and ("exec" in last or not ends))
    while last and (last[0] == "exec" or re.match(r"[A-Za-z_]\w*=", last[0])):
        last = last[1:]
    if not known or not last or any(word[:1] in "#<>" for word in last):
        raise ManifestError("the runtime's shell script does not end with its engine's command line", cure=_CURE)
    return last


def with_flags(script: str, flags: Sequence[str]) -> str:
    """The script with flags behind its last command."""
    return f"{_joined(script).rstrip()} {shlex.join(flags)}" if flags else script


def engine_options(script: str) -> list[str]:
    """The words of the script's last command behind the program."""
    words = engine_words(script)
    return words[program_length(words) :]


def _joined(script: str) -> str:
    """Without a line break that a backslash takes away, the last one included."""
    return re.sub(r"\\\s*\Z", "", re.sub(r"\\\n", " ", script)).strip()


def _lexer(script: str) -> shlex.shlex:
    lexer = shlex.shlex(script, posix=True, punctuation_chars=";&|<>\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    return lexer
