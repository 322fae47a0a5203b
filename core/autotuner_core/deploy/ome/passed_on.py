"""Whether a rendered object gives the engine the configuration that is to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.ome.arguments import literal
from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.options import options_of, setting_of
from autotuner_core.deploy.ome.settings import settings_of
from autotuner_core.engines.flags import engine_env, engine_flags, flag_name, is_env
from autotuner_core.engines.profile import Profile

_ALL_ARGUMENTS = "{% for word in args %} writes all arguments: {{ word | tojson }}."
_ALL_VARIABLES = "env: {{ env | tojson }} writes all variables."


def check_passed_on(runner: Mapping[str, Any], parameters: Mapping[str, Any], profile: Profile | None) -> None:
    """Raises ManifestError for a parameter that the container does not get, or gets with another value: experiments
    would differ by name alone."""
    words = [str(word) for key in ("command", "args") for word in _list(runner, key)]
    given = settings_of(options_of(words, profile), profile)
    for name, value in parameters.items():
        if not is_env(name) and not _is_given(name, value, given, words, profile):
            raise _lost(name, _ALL_ARGUMENTS)
    variables = {entry.get("name"): entry.get("value") for entry in _list(runner, "env") if isinstance(entry, dict)}
    for name, value in engine_env(parameters).items():
        if variables.get(name) not in (value, literal(value)):
            raise _lost(f"env.{name}", _ALL_VARIABLES)


def _is_given(name: str, value: Any, given: Mapping[str, Any], words: list[str], profile: Profile | None) -> bool:
    wanted = engine_flags({name: value}, profile)
    if not wanted:
        return setting_of(flag_name(name, profile), profile) not in given
    # In a shell's script, which is one word, the flags stand as text.
    if any(" " in word and wanted[0].partition("=")[0] in word for word in words):
        return True
    return any(
        given.get(setting, _NOT_GIVEN) == there
        for form in (wanted, [literal(word) for word in wanted])
        for setting, there in settings_of(options_of(form, profile), profile).items()
    )


_NOT_GIVEN = object()


def _lost(name: str, cure: str) -> ManifestError:
    return ManifestError(f"the template does not pass {name} on, or not with the value it has", cure=cure)


def _list(runner: Mapping[str, Any], key: str) -> list[Any]:
    found = runner.get(key)
    return found if isinstance(found, list) else []
