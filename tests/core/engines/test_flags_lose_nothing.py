"""Whatever the parameters: each one that has a value reaches the engine exactly once, and with its value."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.engines.flags import engine_env, engine_flags, flag_name
from autotuner_core.engines.profile import PROFILE_NAMES, Profile, plain_name, profile_for

PROFILES = [None, *map(profile_for, PROFILE_NAMES)]
KNOWN = sorted({name for profile in PROFILES[1:] if profile for name in profile.parameters})

names = st.one_of(st.sampled_from(KNOWN), st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+){0,3}", fullmatch=True))
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
numbers = st.one_of(st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False))
given_values = st.one_of(numbers, texts.filter(lambda text: not text.startswith("-")))
parameters = st.dictionaries(names, given_values, max_size=8)


def distinct(config: dict[str, Any], profile: Profile | None) -> dict[str, Any]:
    """The parameters without second names for the same flag (which a plan refuses)."""
    by_flag = {flag_name(name, profile): name for name in config}
    return {name: config[name] for name in by_flag.values()}


@settings(deadline=None)
@given(config=parameters, profile=st.sampled_from(PROFILES))
def test_every_parameter_with_a_value_is_given_exactly_once(config: dict[str, Any], profile: Profile | None) -> None:
    config = distinct(config, profile)
    argv = engine_flags(config, profile)
    assert len(argv) == 2 * len(config)
    read = dict(zip(argv[::2], argv[1::2], strict=True))
    assert list(read) == [flag_name(name, profile) for name in config]
    for name, value in config.items():
        text = read[flag_name(name, profile)]
        assert text == value if isinstance(value, str) else float(text) == float(value)


@settings(deadline=None)
@given(config=parameters, profile=st.sampled_from(PROFILES), data=st.data())
def test_a_switch_shows_whether_it_is_on(config: dict[str, Any], profile: Profile | None, data: st.DataObject) -> None:
    name = data.draw(names.filter(lambda name: plain_name(name) not in config))
    on, off = ([*engine_flags({**config, name: value}, profile)] for value in (True, False))
    assert on != off


@settings(deadline=None)
@given(config=parameters, profile=st.sampled_from(PROFILES))
def test_null_leaves_a_parameter_out_and_all_others_as_they_are(
    config: dict[str, Any], profile: Profile | None
) -> None:
    unset = {f"unset{number}": None for number in range(2)}
    assert engine_flags({**config, **unset}, profile) == engine_flags(config, profile)


@settings(deadline=None)
@given(values=st.lists(st.one_of(st.integers(), texts), min_size=1, max_size=5))
def test_no_item_of_a_list_is_lost(values: list[Any]) -> None:
    assert engine_flags({"some_list": values}, None) == ["--some-list", *map(str, values)]


@settings(deadline=None)
@given(variables=st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), st.one_of(texts, numbers)))
def test_every_environment_variable_is_set_and_none_becomes_a_flag(variables: dict[str, Any]) -> None:
    config = {f"env.{name}": value for name, value in variables.items()}
    assert engine_flags(config, None) == []
    assert engine_env(config) == {name: str(value) for name, value in variables.items()}
    assert json.dumps(engine_env(config))
