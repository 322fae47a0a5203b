"""The flags that the tuner itself needs an engine to have: where it listens, what it serves, under which name."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from autotuner_core.deploy.ome.options import Option, setting_of
from autotuner_core.deploy.ome.runtime import Runtime
from autotuner_core.engines.profile import Profile

DEFAULT_PORT = 8080
"""Where OME's Service sends requests."""
ANY_ADDRESS = "0.0.0.0"
_MODEL = "$(MODEL_PATH)"
_MODEL_FLAGS = ("--model-path", "--model", "-m", "--hf-repo", "-hf")


@dataclass(frozen=True)
class OwnedFlags:
    """What is added for the tuner: `first` stands right behind the program, `flags` before the configuration's own.
    `settings` are those of them that replace the runtime's. `served_model_name` and `port` are what the engine has in
    the end."""

    first: tuple[str, ...]
    flags: tuple[str, ...]
    settings: frozenset[str]
    served_model_name: str | None
    port: int


def owned_flags(
    own: Sequence[Option],
    tuned: Container[str],
    profile: Profile | None,
    served_model_name: str,
    runtime: Runtime | None,
) -> OwnedFlags:
    """What has to be added to the options `own` of the runtime and the settings that are `tuned`.

    Address, port and model stay where the runtime says them (its probes and volumes go by them); the served model name
    is ours. An engine without a profile gets nothing.
    """
    said = {option.flag: option for option in own if option.flag}
    port = _port(said, runtime)
    if profile is None:
        return OwnedFlags((), (), frozenset(), _served(said), port)
    flags: list[str] = []
    if "--host" not in said:
        flags += ["--host", ANY_ADDRESS]
    if "--port" not in said:
        flags += ["--port", str(port)]
    positional = _serves_positional(profile, runtime)
    needs_model = not _has_model(own, said, positional)
    if needs_model and not positional:
        flags += [_model_flag(profile), _MODEL]
    flags += [profile.served_model_flag, served_model_name]
    if (
        profile.metrics_flag
        and profile.metrics_flag not in said
        and setting_of(profile.metrics_flag, profile) not in tuned
    ):
        flags.append(profile.metrics_flag)
    return OwnedFlags(
        first=(_MODEL,) if needs_model and positional else (),
        flags=tuple(flags),
        settings=frozenset({setting_of(profile.served_model_flag, profile)}),
        served_model_name=served_model_name,
        port=port,
    )


def _port(said: dict[str, Option], runtime: Runtime | None) -> int:
    values = said["--port"].values if "--port" in said else ()
    if values and values[0].isdigit():
        return int(values[0])
    return runtime.port if runtime and runtime.port else DEFAULT_PORT


def _served(said: dict[str, Option]) -> str | None:
    for flag in ("--served-model-name", "--alias"):
        if flag in said and said[flag].values:
            return said[flag].values[0]
    return None


def _has_model(own: Sequence[Option], said: dict[str, Option], positional: bool) -> bool:
    if any(flag in said for flag in _MODEL_FLAGS):
        return True
    loose = [word for option in own if not option.flag for word in option.words]
    return bool(loose) if positional else any(_MODEL in word for word in loose)


def _serves_positional(profile: Profile, runtime: Runtime | None) -> bool:
    """`vllm serve MODEL` takes the model as a word of its own."""
    if runtime is None or profile.name != "vllm":
        return False
    return "vllm serve" in " ".join(runtime.words)


def _model_flag(profile: Profile) -> str:
    return next(flag for flag in _MODEL_FLAGS if flag in profile.owned_flags)
