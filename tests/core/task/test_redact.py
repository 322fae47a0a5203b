"""Secrets of a task file do not get into what a run writes, and nothing else is lost."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from autotuner_core.task.redact import flag_looks_secret, looks_secret, redacted

TASK: dict[str, Any] = {
    "parameters": {
        "max_total_tokens": {"type": "choice", "values": [4096]},
        "env.API_KEY": {"type": "choice", "values": ["sk-1", "sk-2"]},
        "cache_key": {"type": "choice", "values": ["a"]},
    },
    "fixed": {"api_key": "sk-3", "tokenizer_mode": "auto", "env.HF_TOKEN": "hf_4", "stop_token": "</s>"},
    "baseline": {"env.API_KEY": "sk-5", "max_total_tokens": 1, "cache_key": "a"},
    "benchmark": {"model_tokenizer": "meta/llama", "additional_params": {"api_key": "sk-6", "temperature": 0.0}},
    "kubernetes": {"env_from_secrets": {"HF_TOKEN": "hf/token"}, "annotations": {"team-password": "p-7"}},
    "local": {
        "env": {"HF_TOKEN": "hf_8", "HF_HOME": "/data", "OTHER_TOKEN": "$HF_TOKEN", "DB_PASSWORD": "p-9"},
        "command": ["serve", "--api-key", "sk-10", "--hf-token=hf_11", "--max-tokens", "12", "--api-key", "{flags}"],
    },
}


def test_no_secret_is_left_and_everything_else_is() -> None:
    before = copy.deepcopy(TASK)
    result = redacted(TASK)
    assert before == TASK
    text = str(result)
    assert not any(secret in text for secret in ("sk-", "hf_", "p-7", "p-9"))
    assert result["fixed"] == {
        "api_key": "***",
        "tokenizer_mode": "auto",
        "env.HF_TOKEN": "***",
        "stop_token": "</s>",
    }
    assert result["parameters"]["max_total_tokens"] == TASK["parameters"]["max_total_tokens"]
    assert result["parameters"]["env.API_KEY"]["values"] == ["***", "***"]
    assert result["kubernetes"]["env_from_secrets"] == {"HF_TOKEN": "hf/token"}
    assert result["benchmark"]["model_tokenizer"] == "meta/llama"
    assert result["local"]["env"]["OTHER_TOKEN"] == "$HF_TOKEN" and result["local"]["env"]["HF_HOME"] == "/data"
    assert result["local"]["command"] == [
        "serve",
        "--api-key",
        "***",
        "--hf-token=***",
        "--max-tokens",
        "12",
        "--api-key",
        "{flags}",
    ]


def test_redacting_twice_changes_nothing_more() -> None:
    assert redacted(redacted(TASK)) == redacted(TASK)


@pytest.mark.parametrize(
    "odd", [{}, {"local": None}, {"local": {"env": [1], "command": "x"}}, {"parameters": {"a": 1}}]
)
def test_odd_shapes_pass_unharmed(odd: dict[str, Any]) -> None:
    assert redacted(odd) == odd


def test_names_of_secrets_are_known() -> None:
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "DB_PASSWORD", "MY_SECRET"):
        assert looks_secret(name)
    for name in ("HF_HOME", "TOKENIZERS_PARALLELISM", "KEYBOARD", "MAX_TOKENS", "HF_TOKEN_PATH"):
        assert not looks_secret(name)
    assert flag_looks_secret("api-key") and not flag_looks_secret("max_tokens") and not flag_looks_secret("token")
