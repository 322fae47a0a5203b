"""A resumed run has its secrets again, or says which it lacks: it never starts an engine with `***` for a token."""

from __future__ import annotations

import pytest

from autotuner_core.engine.hidden import SecretsMissing, with_secrets


def task(**env: str) -> dict[str, object]:
    return {"task_name": "t", "local": {"engine": "command", "env": env}}


def test_hidden_variables_come_back_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_real")
    assert with_secrets(task(HF_TOKEN="***", MODE="fast")) == task(HF_TOKEN="hf_real", MODE="fast")


def test_a_hidden_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(SecretsMissing, match=r"local\.env\.HF_TOKEN"):
        with_secrets(task(HF_TOKEN="***"))


def test_a_secret_that_no_variable_names_cannot_be_restored() -> None:
    hidden = {"task_name": "t", "local": {"command": ["serve", "--api-key=***"]}}
    with pytest.raises(SecretsMissing, match=r"local\.command\[1\]"):
        with_secrets(hidden)


def test_a_task_without_secrets_is_left_as_it_is() -> None:
    assert with_secrets({"task_name": "t"}) == {"task_name": "t"}
