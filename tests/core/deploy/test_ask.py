"""A question to a program that hangs holds nobody up, and leaves nothing running."""

from __future__ import annotations

import os
import threading
import uuid
from pathlib import Path

import pytest

from autotuner_core.control import Control, Interrupted, Scope
from autotuner_core.deploy.ask import ask
from autotuner_core.deploy.local.deployer import LocalDeployer
from autotuner_core.deploy.strays import find_strays
from autotuner_core.task.load import task_from_json
from waiting import wait_for

MARK = uuid.uuid4().hex  # others may run these tests on this machine


def test_what_a_program_says_on_both_streams_comes_back_with_its_exit_code() -> None:
    answer = ask(["sh", "-c", "echo out; echo err >&2; exit 3"], os.environ, 60, Scope(Control()).wait)
    assert answer.exit_code == 3 and sorted(answer.text.split()) == ["err", "out"]


def test_a_program_that_does_not_answer_is_given_up_and_ended() -> None:
    marked = {**os.environ, "ASKED": f"never-answers-{MARK}"}
    with pytest.raises(TimeoutError, match="did not answer"):
        ask(["sh", "-c", "sleep 1000 & sleep 1000"], marked, 0.1, Scope(Control()).wait)
    wait_for(lambda: find_strays(f"never-answers-{MARK}", "ASKED") == [], what="its end")


def test_a_stop_cuts_a_hanging_driver_short_while_the_run_prepares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\ntouch {begun}\nexec sleep 1000\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("ASKED", f"hanging-driver-{MARK}")
    task = task_from_json(
        {
            "task_name": "asks",
            "backend": "local",
            "model": {"name": "m"},
            "parameters": {"a": {"type": "choice", "values": [1]}},
            "optimization": {"objective": "minimize_latency"},
            "benchmark": {"model_tokenizer": "x"},
            "local": {"engine": "command", "command": ["sh", "{port}", "{flags}"]},
        }
    )
    control = Control()
    ended: list[BaseException] = []

    def prepare() -> None:
        try:
            LocalDeployer(task, "token").prepare(Scope(control))
        except Interrupted as reason:
            ended.append(reason)

    worker = threading.Thread(target=prepare, daemon=True)
    worker.start()
    wait_for(begun.exists, what="the driver to be asked")
    control.stop()
    worker.join(15)  # its own deadline is 20 s
    assert ended
    wait_for(lambda: find_strays(f"hanging-driver-{MARK}", "ASKED") == [], what="its end")
