"""The engines' profiles: a wrong spelling or a missing page here is a run that tunes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autotuner_core.engines.profile import PROFILE_NAMES, Profile, plain_name, profile_for, profile_of_task
from autotuner_core.task.model import Task

LEAST = {"sglang": 30, "vllm": 30, "llama.cpp": 20}


@pytest.fixture(params=PROFILE_NAMES)
def profile(request: pytest.FixtureRequest) -> Profile:
    return profile_for(request.param)


def test_a_profile_knows_the_parameters_that_people_tune(profile: Profile) -> None:
    assert len(profile.parameters) >= LEAST[profile.name]


def test_every_parameter_says_what_it_does_where_it_holds_and_which_page_says_so(profile: Profile) -> None:
    for info in profile.parameters.values():
        assert info.about.endswith(".") and len(info.about) > 20, info.name
        assert info.versions, info.name
        assert info.source.startswith("https://"), info.name
        assert info.flag.startswith("--"), info.name


def test_no_name_means_two_parameters(profile: Profile) -> None:
    seen: dict[str, str] = {}
    for info in profile.parameters.values():
        for name in {info.name, plain_name(info.flag), *info.aliases}:
            assert seen.setdefault(plain_name(name), info.name) == info.name, name


def test_every_flag_and_alias_finds_its_parameter(profile: Profile) -> None:
    for info in profile.parameters.values():
        for name in (info.name, info.flag, info.name.replace("_", "-"), *info.aliases):
            assert profile.find(name) is info, name


def test_values_to_try_are_of_the_parameters_own_type(profile: Profile) -> None:
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "word": (int, str)}
    for info in profile.parameters.values():
        for value in info.values:
            for item in value if isinstance(value, list) else [value]:
                assert isinstance(item, kinds.get(info.type, (str, int))), info.name
        if info.type == "switch":
            assert not info.values and info.default in (True, False, None), info.name


def test_what_is_on_by_default_can_be_switched_off(profile: Profile) -> None:
    for info in profile.parameters.values():
        if info.type == "switch" and info.default is not False:
            assert info.negative, info.name


def test_the_usual_command_has_every_place_that_the_tuner_fills(profile: Profile) -> None:
    words = " ".join(profile.command)
    for place in ("{model}", "{host}", "{port}", "{served_model_name}"):
        assert place in words
    assert "{flags}" in profile.command
    assert profile.served_model_flag in profile.command


def test_what_the_tuner_sets_is_no_parameter_to_tune(profile: Profile) -> None:
    assert not {info.flag for info in profile.parameters.values()} & set(profile.owned_flags)
    assert {"--host", "--port"} <= set(profile.owned_flags)


def test_a_gpu_factor_is_a_known_parameter(profile: Profile) -> None:
    for factor in profile.gpus:
        assert profile.parameters[factor.parameter].default == 1
        assert factor.unless is None or profile.parameters[factor.unless].type == "switch"


@pytest.mark.parametrize(
    ("engine", "name", "flag"),
    [
        ("sglang", "mem_frac", "--mem-fraction-static"),
        ("sglang", "mem_fraction", "--mem-fraction-static"),
        ("sglang", "tp", "--tp-size"),
        ("sglang", "schedule_policy", "--schedule-policy"),
        ("sglang", "max_total_tokens", "--max-total-tokens"),
        ("vllm", "tp_size", "--tensor-parallel-size"),
        ("vllm", "gpu_memory_utilization", "--gpu-memory-utilization"),
        ("llama.cpp", "n_ctx", "--ctx-size"),
        ("llama.cpp", "n_parallel", "--parallel"),
    ],
)
def test_the_names_that_people_use_lead_to_the_right_flag(engine: str, name: str, flag: str) -> None:
    info = profile_for(engine).find(name)
    assert info is not None and info.flag == flag


def test_a_typing_error_is_met_with_the_name_that_was_meant() -> None:
    assert profile_for("sglang").nearest("mem_fraction_statik") == "mem_fraction_static"
    assert profile_for("vllm").nearest("quite_another_thing") is None


def test_an_unknown_engine_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"sglang, vllm, llama\.cpp"):
        profile_for("../../etc/passwd")


def test_a_task_gets_the_profile_of_what_it_runs(a_task: Callable[..., Task]) -> None:
    def name_of(**keys: object) -> str | None:
        profile = profile_of_task(a_task(**keys))
        return profile.name if profile else None

    ome = {"backend": "ome", "model": {"name": "m", "namespace": "n"}}
    assert name_of(**ome, base_runtime="llama-rt") == "sglang"
    assert name_of(**ome, base_runtime="srt-vLLM-70b") == "vllm"
    assert name_of() == "llama.cpp"
    assert name_of(local={"engine": "llama-server"}) == "llama.cpp"
    assert name_of(local={"engine": "vllm"}) == "vllm"
    assert name_of(local={"engine": "command", "command": ["x", "{port}", "{flags}"]}) is None
