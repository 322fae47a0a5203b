"""Whatever is tuned and whatever the runtime says: ours arrives once, the rest stays, and no value leaves its place."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.arguments import complete, literal
from autotuner_core.deploy.ome.options import options_of, setting_of
from autotuner_core.deploy.ome.runtime import read_runtime
from autotuner_core.deploy.ome.settings import settings_of
from autotuner_core.deploy.ome.yaml_text import document
from autotuner_core.engines.flags import engine_flags, flag_name
from autotuner_core.engines.profile import Profile, profile_for

from .conftest import args_of, engine_of, rendered, runtime_with

SGLANG_PROFILE = profile_for("sglang")
KNOWN = sorted(set(SGLANG_PROFILE.parameters))
PROGRAM = ["python3", "-m", "sglang.launch_server"]

names = st.one_of(st.sampled_from(KNOWN), st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+){1,3}", fullmatch=True)).filter(
    lambda name: flag_name(name, SGLANG_PROFILE) not in SGLANG_PROFILE.owned_flags
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False), texts
)
values = st.one_of(scalars, st.lists(st.integers(0, 99), max_size=3))
parameters = st.dictionaries(names, values, max_size=6).filter(lambda config: "tp_size" not in config)
words = st.from_regex(r"[a-z0-9./=:]{1,8}", fullmatch=True)
runtimes = st.dictionaries(names, st.one_of(st.just(True), words), max_size=6)
anything = st.recursive(
    # 1.1 reads a decimal such as 1e-07 as text; no field of an object here has one.
    scalars.filter(lambda value: not isinstance(value, float) or "e" not in repr(value)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


def distinct(config: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """Without second names for the same setting (which a plan refuses)."""
    return {
        name: config[name] for name in {setting_of(flag_name(name, profile), profile): name for name in config}.values()
    }


@settings(deadline=None)
@given(config=parameters, own=runtimes, joined=st.booleans(), in_command=st.booleans())
def test_what_is_tuned_arrives_once_and_what_is_not_stays(
    config: dict[str, Any], own: dict[str, Any], joined: bool, in_command: bool
) -> None:
    config, own = distinct(config, SGLANG_PROFILE), distinct(own, SGLANG_PROFILE)
    flags = [engine_flags({name: value}, SGLANG_PROFILE) for name, value in own.items()]
    theirs = [["=".join(one)] if joined and len(one) == 2 else one for one in flags]
    said = [word for one in theirs for word in one]
    runtime = read_runtime(runtime_with(PROGRAM + said, []) if in_command else runtime_with(PROGRAM, said))
    line = complete(config, SGLANG_PROFILE, runtime, "m")
    argv = [*(line.command or runtime.command), *line.args]
    for name, value in config.items():
        wanted = [literal(word) for word in engine_flags({name: value}, SGLANG_PROFILE)]
        if wanted:
            places = [at for at in range(len(line.args)) if list(line.args[at : at + len(wanted)]) == wanted]
            assert len(places) >= 1, f"{wanted} not in {line.args}"
        if not wanted or not in_command:
            setting = setting_of(flag_name(name, SGLANG_PROFILE), SGLANG_PROFILE)
            kept = [one for one in theirs if setting_of(one[0].partition("=")[0], SGLANG_PROFILE) == setting]
            assert all(one[0] not in argv or one[0] in wanted for one in kept)
    tuned = {setting_of(flag_name(name, SGLANG_PROFILE), SGLANG_PROFILE) for name in config}
    survivors = [one for one in theirs if setting_of(one[0].partition("=")[0], SGLANG_PROFILE) not in tuned]
    rest = iter(argv)
    assert all(word in rest for one in survivors for word in one)  # in their order


@settings(deadline=None)
@given(own=st.dictionaries(names, st.one_of(st.just(True), words.filter(lambda word: "=" not in word)), max_size=6))
def test_what_is_read_of_a_command_line_gives_the_same_command_line_again(own: dict[str, Any]) -> None:
    switches = {name for name, info in SGLANG_PROFILE.parameters.items() if info.type == "switch"}
    own = {
        name: value for name, value in distinct(own, SGLANG_PROFILE).items() if value is True or name not in switches
    }
    said = engine_flags(own, SGLANG_PROFILE)
    read = settings_of(options_of(said, SGLANG_PROFILE), SGLANG_PROFILE)
    assert engine_flags(read, SGLANG_PROFILE) == said


ENGINES = [
    runtime_with(PROGRAM, ["--port=8080", "--tp", "4"]),
    runtime_with(["vllm", "serve"], ["$(MODEL_PATH)", "--max-num-seqs=8"]),
    runtime_with(["bash", "-c"], ["exec python3 -m sglang.launch_server --port 8080"]),
    runtime_with(["/own-engine"], ["--port", "8080"], image="registry/own:1"),
]


@settings(deadline=None, max_examples=60)
@given(config=parameters, runtime=st.sampled_from(ENGINES))
def test_the_programs_own_template_carries_every_configuration(config: dict[str, Any], runtime: dict[str, Any]) -> None:
    """It is held against what it must carry like any other, and never refused."""
    config = distinct(config, profile_for("vllm") if "vllm" in str(runtime) else SGLANG_PROFILE)
    sizes = ("pp_size", "dp_size", "tensor_parallel", "attn", "pipeline", "data_parallel")
    config = {name: value for name, value in config.items() if not name.startswith(sizes)}
    assert YAML(typ="safe").load(rendered(config, runtime).text)


@settings(deadline=None, max_examples=50)
@given(flag=texts, variable=texts, description=texts)
def test_no_value_changes_the_shape_of_the_object(flag: str, variable: str, description: str) -> None:
    manifest = rendered({"chat_template": flag, "env.MODE": variable})
    plain = rendered({"chat_template": "x", "env.MODE": "x"})
    assert YAML(typ="safe").load(manifest.text) == manifest.body
    args = args_of(manifest)
    wanted = [literal(word) for word in engine_flags({"chat_template": flag}, SGLANG_PROFILE)]
    assert args[len(args) - len(wanted) :] == wanted
    assert engine_of(manifest)["runner"]["env"] == [{"name": "MODE", "value": literal(variable)}]
    kept = len(args) - len(wanted)
    assert args[:kept] == args_of(plain)[:kept] and manifest.body["metadata"] == plain.body["metadata"]


@settings(deadline=None)
@given(body=st.dictionaries(texts, anything, min_size=1, max_size=3))
def test_yaml_that_is_written_is_read_as_the_same_by_readers_of_both_versions(body: dict[str, Any]) -> None:
    text = document(body)
    for version in ("1.1", "1.2"):
        reader = YAML(typ="safe", pure=True)
        reader.version = version
        assert same(reader.load(text), body)


def same(read: Any, written: Any) -> bool:
    if isinstance(written, dict):
        return isinstance(read, dict) and read.keys() == written.keys() and all(same(read[k], written[k]) for k in read)
    if isinstance(written, list):
        return isinstance(read, list) and len(read) == len(written) and all(map(same, read, written))
    return type(read) is type(written) and bool(read == written)
