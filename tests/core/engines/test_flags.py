"""Values as flags: each kind of value has one meaning, and nothing that a task says is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.engines.flags import engine_env, engine_flags, same_server
from autotuner_core.engines.profile import profile_for

SGLANG, VLLM, LLAMA = map(profile_for, ("sglang", "vllm", "llama.cpp"))


@pytest.mark.parametrize(
    ("parameters", "argv"),
    [
        ({"tp": 2}, ["--tp-size", "2"]),
        ({"mem_frac": 0.85}, ["--mem-fraction-static", "0.85"]),
        ({"chunked_prefill_size": 4096.0}, ["--chunked-prefill-size", "4096"]),
        ({"chunked_prefill_size": -1}, ["--chunked-prefill-size", "-1"]),
        ({"enable_torch_compile": True}, ["--enable-torch-compile"]),
        ({"enable_torch_compile": False}, []),
        ({"mem_frac": None}, []),
        ({"torchao_config": ""}, ["--torchao-config", ""]),
        ({"cuda_graph_bs": [1, 2, 4]}, ["--cuda-graph-bs", "1", "2", "4"]),
        ({"cuda_graph_bs": []}, []),
        ({"some_new_flag": "x"}, ["--some-new-flag", "x"]),
        ({"some-new-flag": "x"}, ["--some-new-flag", "x"]),
        ({"some_switch": True}, ["--some-switch"]),
        ({"some_switch": False}, []),
        ({"no_some_switch": True}, ["--no-some-switch"]),
        ({"env.SGLANG_X": "1"}, []),
    ],
)
def test_sglang_gets_the_flags_that_the_documentation_promises(parameters: dict[str, Any], argv: list[str]) -> None:
    assert engine_flags(parameters, SGLANG) == argv


@pytest.mark.parametrize(
    ("parameters", "argv"),
    [
        ({"enable_prefix_caching": True}, ["--enable-prefix-caching"]),
        ({"enable_prefix_caching": False}, ["--no-enable-prefix-caching"]),
        ({"enable_prefix_caching": None}, []),
        ({"compilation_config": '{"level":3}'}, ["--compilation-config", '{"level":3}']),
        ({"compilation_config.some_key": 3}, ["--compilation-config.some_key", "3"]),
    ],
)
def test_vllm_can_switch_off_what_is_on_by_default(parameters: dict[str, Any], argv: list[str]) -> None:
    assert engine_flags(parameters, VLLM) == argv


@pytest.mark.parametrize(
    ("parameters", "argv"),
    [
        ({"cont_batching": False}, ["--no-cont-batching"]),
        ({"flash_attn": True}, ["--flash-attn", "on"]),
        ({"flash_attn": False}, ["--flash-attn", "off"]),
        ({"flash_attn": "auto"}, ["--flash-attn", "auto"]),
        ({"cpu_strict": True}, ["--cpu-strict", "1"]),
        ({"tensor_split": [3, 1]}, ["--tensor-split", "3,1"]),
        ({"threads": 2, "n_parallel": 4}, ["--threads", "2", "--parallel", "4"]),
    ],
)
def test_llama_cpp_gets_its_own_words_for_on_and_off(parameters: dict[str, Any], argv: list[str]) -> None:
    assert engine_flags(parameters, LLAMA) == argv


@pytest.mark.parametrize(
    ("parameters", "argv"),
    [
        ({"tp": 4, "some_name": "v"}, ["--tp", "4", "--some-name", "v"]),
        ({"on": True, "off": False, "unset": None}, ["--on"]),
        ({"empty": ""}, ["--empty", ""]),
        ({"several": ["a", 1, True]}, ["--several", "a", "1", "true"]),
        ({"dash": "-x"}, ["--dash", "-x"]),
    ],
)
def test_a_command_of_ones_own_gets_every_parameter_as_it_is_named(parameters: dict[str, Any], argv: list[str]) -> None:
    assert engine_flags(parameters, None) == argv


def test_a_value_cannot_pose_as_another_flag_of_the_engine() -> None:
    assert engine_flags({"chat_template": "--host=0.0.0.0"}, SGLANG) == ["--chat-template=--host=0.0.0.0"]


def test_environment_variables_are_texts_and_null_leaves_them_unset() -> None:
    parameters = {"env.A": 1, "env.B": True, "env.C": False, "env.D": None, "env.E": "", "env.F": [1, "x"], "tp": 2}
    assert engine_env(parameters) == {"A": "1", "B": "1", "C": "0", "E": "", "F": "1,x"}


def test_configurations_that_start_the_same_server_are_found() -> None:
    configs: list[dict[str, Any]] = [
        {"enable_torch_compile": None, "tp": 1},
        {"enable_torch_compile": False, "tp": 1},
        {"enable_torch_compile": True, "tp": 1},
        {"enable_torch_compile": False, "tp": 2},
        {"enable_torch_compile": False, "tp": "1"},
    ]
    assert same_server(configs, SGLANG) == [(0, 1, 4)]


def test_another_environment_is_another_server() -> None:
    assert same_server([{"env.A": "0"}, {"env.A": "1"}, {"env.A": None}], SGLANG) == []


def test_a_value_left_out_is_not_taken_for_the_same_value_given() -> None:
    assert same_server([{"tp": None}, {"tp": 1}], SGLANG) == []
