"""The complete list of an engine's arguments: what its runtime says, what the tuner needs, what is tuned.

OME puts the list in place of the runtime's own, so nothing of that may be lost: what is not overridden is kept as it
stands. A runtime that has its flags in `command` keeps them there; ours come behind and win, as engines take the last
of a flag given twice. Only a flag that a configuration leaves out (`null`, a switch that is off) has to go from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.options import Option, options_of, program_length, setting_of
from autotuner_core.deploy.ome.owned import OwnedFlags, owned_flags
from autotuner_core.deploy.ome.runtime import Runtime
from autotuner_core.deploy.ome.script import engine_options, script_position, with_flags
from autotuner_core.engines.flags import engine_flags, flag_name, is_env
from autotuner_core.engines.profile import Profile

MODEL_PATH = "$(MODEL_PATH)"
"""OME sets this variable to the folder of the model; the kubelet puts its value into arguments."""


@dataclass(frozen=True)
class CommandLine:
    """What the engine's container is given. `command` is None where the runtime's own stays; `served_model_name` is
    None, and `port` a guess, where neither runtime nor profile tells them."""

    command: tuple[str, ...] | None
    args: tuple[str, ...]
    served_model_name: str | None
    port: int


def complete(
    parameters: Mapping[str, Any], profile: Profile | None, runtime: Runtime | None, served_model_name: str
) -> CommandLine:
    """The arguments of a configuration (varied and fixed parameters together). Without a runtime only what the tuner
    and the configuration say. Raises ManifestError for a runtime whose command line cannot be added to."""
    words = runtime.words if runtime else ()
    script = script_position(words)
    own = runtime_options(runtime, profile) if runtime else []
    settings = {setting_of(flag_name(name, profile), profile): name for name in parameters if not is_env(name)}
    owned = owned_flags(own, settings, profile, literal(served_model_name), runtime)
    added = [*owned.flags, *_flags(parameters, profile)]
    gone = {setting for setting, name in settings.items() if not engine_flags({name: parameters[name]}, profile)}
    if runtime is not None and script is not None:
        command, args = _in_script(runtime, script, own, added, gone, profile)
    else:
        command, args = _in_lists(runtime, owned, added, {*settings, *owned.settings}, gone, profile)
    return CommandLine(command, tuple(args), owned.served_model_name, owned.port)


def runtime_options(runtime: Runtime, profile: Profile | None) -> list[Option]:
    """The options that a runtime gives its engine, wherever it says them."""
    script = script_position(runtime.words)
    if script is not None:
        return options_of(engine_options(runtime.words[script]), profile)
    return options_of(runtime.words[program_length(runtime.words) :], profile)


def literal(text: str) -> str:
    """Text as Kubernetes must be given it for the engine to get it as it is: `$(NAME)` would be replaced by a
    variable's value. The model's path alone is let through."""
    return MODEL_PATH.join(part.replace("$", "$$") for part in text.split(MODEL_PATH))


def _flags(parameters: Mapping[str, Any], profile: Profile | None) -> list[str]:
    return [literal(word) for word in engine_flags(parameters, profile)]


def _in_lists(
    runtime: Runtime | None,
    owned: OwnedFlags,
    added: Sequence[str],
    overridden: set[str],
    gone: set[str],
    profile: Profile | None,
) -> tuple[tuple[str, ...] | None, list[str]]:
    if runtime is None:
        return None, [*owned.first, *added]
    program = program_length(runtime.words)
    in_command = min(program, len(runtime.command))
    head, tail = runtime.command[:in_command], runtime.command[in_command:]
    command = [*head, *_kept(tail, gone, profile)]
    in_args = program - in_command
    args = [
        *runtime.args[:in_args], *owned.first, *_kept(runtime.args[in_args:], overridden, profile), *added,
    ]  # fmt: skip
    return (None if tuple(command) == runtime.command else tuple(command)), args


def _kept(words: Sequence[str], without: set[str], profile: Profile | None) -> list[str]:
    options = options_of(words, profile)
    return [
        word
        for option in options
        if not option.flag or setting_of(option.flag, profile) not in without
        for word in option.words
    ]


def _in_script(
    runtime: Runtime,
    position: int,
    own: Sequence[Option],
    added: Sequence[str],
    gone: set[str],
    profile: Profile | None,
) -> tuple[tuple[str, ...] | None, list[str]]:
    stuck = [option.flag for option in own if option.flag and setting_of(option.flag, profile) in gone]
    if stuck:
        raise ManifestError(
            f"{stuck[0]} stands in the shell script of the runtime {runtime.name}, and a configuration leaves it out",
            cure="Take it out of the runtime's script, or give the runtime a command and args of its own.",
        )
    words = [*runtime.words]
    words[position] = with_flags(words[position], added)
    size = len(runtime.command)
    return (tuple(words[:size]) if position < size else None), words[size:]
