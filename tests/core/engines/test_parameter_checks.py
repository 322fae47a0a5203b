"""Parameters that cannot do what they say are told before anything is started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autotuner_core.engines.checks import parameter_problems
from autotuner_core.engines.profile import profile_of_task
from autotuner_core.task.model import Task
from autotuner_core.task.problem import Problem

OME: dict[str, Any] = {"backend": "ome", "model": {"name": "m", "namespace": "n"}, "base_runtime": "rt"}


@pytest.fixture
def said(a_task: Callable[..., Task]) -> Callable[..., dict[str, Problem]]:
    """The problems of parameters with these values, by their code."""

    def say(values: dict[str, list[Any]], **keys: Any) -> dict[str, Problem]:
        parameters = {name: {"type": "choice", "values": listed} for name, listed in values.items()}
        task = a_task(**{**OME, **keys}, parameters=parameters)
        return {problem.code: problem for problem in parameter_problems(task, profile_of_task(task))}

    return say


Said = Callable[..., dict[str, Problem]]


@pytest.mark.parametrize("name", ["host", "port", "model_path", "served_model_name", "api_key", "por", "model"])
def test_what_belongs_to_the_tuner_cannot_be_taken_over(said: Said, name: str) -> None:
    assert said({name: ["x", "y"]})["owned_parameter"].severity.value == "error"


def test_a_fixed_parameter_cannot_take_over_either(said: Said) -> None:
    problem = said({"tp": [1, 2]}, fixed={"port": 1})["owned_parameter"]
    assert problem.place == ("fixed", "port")


def test_two_names_for_one_flag_are_an_error(said: Said) -> None:
    problem = said({"mem_frac": [0.8]}, fixed={"mem_fraction_static": 0.9})["same_flag_twice"]
    assert problem.severity.value == "error" and "--mem-fraction-static" in problem.message


def test_a_flag_and_its_negative_are_two_names_for_one_flag(said: Said) -> None:
    values = {"enable_prefix_caching": [True, False], "no_enable_prefix_caching": [True]}
    assert "same_flag_twice" in said(values, base_runtime="vllm-rt")


def test_a_flag_that_stands_in_the_command_already_is_an_error(said: Said) -> None:
    command = ["engine", "--port", "{port}", "--threads=2", "--size", "1", "{flags}"]
    local = {"backend": "local", "local": {"engine": "command", "command": command}}
    assert "same_flag_twice" in said({"threads": [1, 2]}, **local)
    assert "same_flag_twice" in said({"size": [1, 2]}, **local)
    assert "same_flag_twice" not in said({"other": [1, 2]}, **local)


def test_an_unknown_parameter_passes_with_a_word_and_the_name_that_is_near(said: Said) -> None:
    problem = said({"mem_fraction_statik": [0.8]})["unknown_parameter"]
    assert problem.severity.value == "warning"
    assert "--mem-fraction-statik" in problem.message and "mem_fraction_static" in problem.cure


def test_known_parameters_and_environment_variables_need_no_word(said: Said) -> None:
    assert said({"tp": [1], "env.SGLANG_X": ["1"], "enable_torch_compile": [True, None], "page_size": ["16"]}) == {}


def test_a_switch_with_a_value_is_warned_of(said: Said) -> None:
    assert said({"enable_torch_compile": [0, 1]})["switch_with_value"].severity.value == "warning"


@pytest.mark.parametrize("value", ["a lot", True, [1, "x"]])
def test_a_number_that_is_none_is_warned_of(said: Said, value: Any) -> None:
    assert "not_a_number" in said({"max_running_requests": [value]})
