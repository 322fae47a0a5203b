"""How genai-bench is called: a wrong order makes it ask questions, a rich environment makes it write secrets down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.benchmark.command import (
    api_backend,
    benchmark_arguments,
    child_environment,
    environment_of_plain,
    whole_minutes,
)
from autotuner_core.benchmark.redact import Redactor, secret_names
from autotuner_core.task.load import task_from_json
from bench_rig import task_of

LEVEL = Level(2, "D(100,100)", 4, 90.0, 50, seed=1)


def arguments(**params: Any) -> list[str]:
    endpoint = Endpoint("http://127.0.0.1:8000", "llama")
    folder = Path("/results/attempt1")
    return benchmark_arguments(
        LEVEL, endpoint, backend="vllm", tokenizer="/tok", additional_params=params, folder=folder
    )


def option(given: list[str], name: str) -> str:
    return given[given.index(name) + 1]


def test_arguments_come_in_the_order_that_genai_bench_wants() -> None:
    given = arguments()
    order = [given.index(name) for name in ("--api-backend", "--api-key", "--task", "--traffic-scenario")]
    assert order == sorted(order)
    assert option(given, "--api-model-name") == "llama"  # not the tokenizer's name
    assert (option(given, "--experiment-base-dir"), option(given, "--experiment-folder-name")) == (
        "/results",
        "attempt1",
    )


def test_no_question_is_asked_for_short_outputs() -> None:
    assert "--additional-request-params" not in arguments(ignore_eos=False)
    assert json.loads(option(arguments(temperature=0.5, ignore_eos=True), "--additional-request-params")) == {
        "temperature": 0.5,
        "ignore_eos": True,
    }


@pytest.mark.parametrize(("seconds", "minutes"), [(0.5, 1), (60.0, 1), (61.0, 2), (600.0, 10)])
def test_time_is_in_whole_minutes_and_never_too_short(seconds: float, minutes: int) -> None:
    assert whole_minutes(seconds) == minutes


@pytest.mark.parametrize(
    ("local", "params", "backend"),
    [
        ({"engine": "llama.cpp"}, {}, "vllm"),
        ({"engine": "llama-server"}, {}, "vllm"),
        ({"engine": "sglang"}, {}, "sglang"),
        ({"engine": "vllm"}, {}, "vllm"),
        ({"engine": "command", "command": ["python", "-m", "sglang.launch_server"]}, {}, "sglang"),
        ({"engine": "command", "command": ["/opt/engine"]}, {}, "openai"),
        ({"engine": "command", "command": ["/opt/engine"]}, {"ignore_eos": True}, "vllm"),
        ({"engine": "sglang"}, {"ignore_eos": False}, "openai"),
    ],
)
def test_outputs_have_full_length_where_the_engine_can(
    tmp_path: Path, local: dict[str, Any], params: dict[str, Any], backend: str
) -> None:
    task = task_of(tmp_path, additional_params=params).model_dump(exclude_unset=True)
    assert api_backend(task_from_json({**task, "local": local})) == backend


def test_the_environment_holds_what_is_needed_and_no_more() -> None:
    ours = {
        "PATH": "/bin", "HOME": "/home/me", "HF_TOKEN": "hf_abcdef", "GITHUB_TOKEN": "ghp_abcdef",
        "AWS_SECRET_ACCESS_KEY": "aws", "MODEL_API_KEY": "sk-model", "OPENAI_API_KEY": "sk-openai",
        "PYTHONPATH": "/mine", "https_proxy": "http://me:secret@proxy:3128", "NO_PROXY": "corp.example",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }  # fmt: skip
    child = child_environment(ours, tokenizer_is_local=False)
    assert {name: child.get(name) for name in ("PATH", "HOME", "HF_TOKEN", "SSL_CERT_FILE", "https_proxy")} == {
        name: ours[name] for name in ("PATH", "HOME", "HF_TOKEN", "SSL_CERT_FILE", "https_proxy")
    }
    for name in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "MODEL_API_KEY", "OPENAI_API_KEY", "PYTHONPATH"):
        assert name not in child
    assert child["NO_PROXY"] == child["no_proxy"] == "corp.example,127.0.0.1,localhost,::1"
    assert "HF_HUB_OFFLINE" not in child
    assert secret_names(child) == ["HF_TOKEN", "https_proxy"]


def test_the_network_is_off_only_for_a_tokenizer_that_is_a_folder() -> None:
    assert child_environment({}, tokenizer_is_local=True)["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in child_environment({}, tokenizer_is_local=False)


def test_the_plain_command_line_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOTUNER_API_KEY", "sk-endpoint")
    assert "AUTOTUNER_API_KEY" not in environment_of_plain()


def test_secrets_are_taken_out_of_files(tmp_path: Path) -> None:
    environment = {"HF_TOKEN": "hf_abcdef", "HTTP_PROXY": "http://me:passw0rd@proxy:1", "LANG": "C", "SHORT_KEY": "abc"}
    path = tmp_path / "log"
    path.write_text("token hf_abcdef via http://me:passw0rd@proxy:1, abc")
    Redactor.of(environment).file(path)
    assert path.read_text() == "token *** via http://me:***@proxy:1, abc"
    Redactor.of(environment).file(tmp_path / "not there")
