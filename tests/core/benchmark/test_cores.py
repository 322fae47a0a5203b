"""The load generator keeps off the engine's cores where it can, and it is said where it cannot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.cores import cores_for_load
from autotuner_core.task.load import task_from_json


def choice(local: dict[str, Any], monkeypatch: pytest.MonkeyPatch, there: set[int]) -> Any:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: there, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: None, raising=False)
    task = {
        "task_name": "cores",
        "backend": "local",
        "model": {"name": "tiny"},
        "parameters": {"parallel": {"type": "choice", "values": [1]}},
        "optimization": {"objective": "maximize_throughput"},
        "local": local,
    }
    return cores_for_load(task_from_json(task))


def test_it_gets_the_cores_that_no_engine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    found = choice({"engine": "llama.cpp", "cores": [[0, 1], [2]]}, monkeypatch, {0, 1, 2, 5, 6})
    assert (found.own, found.usable, found.shared) == ((5, 6), 2, "")


def test_that_it_shares_the_cores_is_said_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    free = choice({"engine": "llama.cpp"}, monkeypatch, {0, 1, 2, 3})
    assert (free.own, free.usable) == (None, 4)
    assert "local.cores keeps the engine" in free.shared
    taken = choice({"engine": "llama.cpp", "cores": [[0, 1]]}, monkeypatch, {0, 1})
    assert taken.own is None and "leaves none over" in taken.shared


def test_an_engine_on_gpus_is_not_said_to_be_disturbed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert choice({"engine": "llama.cpp", "gpus": [0]}, monkeypatch, {0, 1}).shared == ""
