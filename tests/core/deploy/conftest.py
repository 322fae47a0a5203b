"""What the tests of deploy share: processes that never outlive a test."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autotuner_core.control import Control
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.local.deployer import LocalDeployer
from autotuner_core.deploy.local.server import LocalServer
from autotuner_core.deploy.strays import end_strays, find_strays
from autotuner_core.run.events import Event
from autotuner_core.task.load import task_from_json


def alive(pid: int) -> bool:
    """Whether the process lives (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture
def token() -> Iterator[str]:
    """A token of this test alone; whatever carries it is ended after the test."""
    token = f"test-{os.getpid()}-{uuid.uuid4().hex}"
    yield token
    end_strays(token, grace=0)


STUB = Path(__file__).with_name("stub_engine.py")
STUB_COMMAND = [
    sys.executable, str(STUB), "--port", "{port}", "--host", "{host}",
    "--served-model-name", "{served_model_name}", "{flags}",
]  # fmt: skip


class Events:
    """A Recorder that keeps events in a list."""

    def __init__(self) -> None:
        self.kept: list[Event] = []

    def record(self, event: Event) -> Event:
        self.kept.append(event)
        return event

    def types(self) -> list[str]:
        return [event.type for event in self.kept]


class Place:
    """A deployer under test, with everything it needs, and the servers it made."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder, self.token = folder, token
        self.events = Events()
        self.control = Control()
        self.scope = self.control.scope(1)
        self.deployers: list[LocalDeployer] = []

    def deployer(self, *, prepare: bool = True, **parts: Any) -> LocalDeployer:
        local = {"engine": "command", "command": STUB_COMMAND, **parts.pop("local", {})}
        if local["engine"] != "command" and "command" not in parts:
            local.pop("command")
        document = {
            "task_name": "test", "backend": "local", "model": {"name": "stub"}, "local": local,
            "parameters": {"fail": {"type": "choice", "values": [""]}},
            "optimization": {"objective": "minimize_latency"}, **parts,
        }  # fmt: skip
        deployer = LocalDeployer(task_from_json(document), self.token)
        self.deployers.append(deployer)
        if prepare:
            deployer.prepare(self.scope)
        return deployer

    def deploy(self, deployer: LocalDeployer, experiment: int = 1, attempt: int = 1, **parameters: Any) -> LocalServer:
        folder = self.folder / f"exp{experiment}" / f"attempt{attempt}"
        return deployer.deploy(DeployOrder(experiment, attempt, parameters, folder), self.events, self.scope)

    def log(self, experiment: int = 1) -> str:
        return (self.folder / f"exp{experiment}" / "attempt1" / "engine.log").read_text(encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, token: str) -> Iterator[Place]:
    place = Place(tmp_path, token)
    yield place
    for deployer in place.deployers:
        deployer.close()
    assert find_strays(token) == [], "something was left behind"
