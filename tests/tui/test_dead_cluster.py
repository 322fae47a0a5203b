"""A cluster that does not answer: told at the first try, with the cure and an exit code of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.resources import examples_folder
from autotuner_core.run.events import AttemptStarted, RunEnded
from autotuner_core.run.journal import read_journal
from autotuner_tui.cli.main import main
from tests_environment import alone

TASK = str(examples_folder() / "simple_task.json")


def refusing() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def kubeconfig(folder: Path, port: int) -> str:
    config = {
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    return str(folder / "kubeconfig")


@dataclass
class Asked:
    """A command whose cluster takes connections, and never says a word on them."""

    folder: Path
    server: socket.socket
    process: subprocess.Popen[str]

    def ended(self) -> tuple[int, str, str]:
        """Its exit code, what it wrote to stdout and what to stderr."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def tries(self) -> int:
        """How often it tried to reach the cluster."""
        self.server.settimeout(0)
        count = 0
        try:
            while True:
                self.server.accept()[0].close()
                count += 1
        except BlockingIOError:
            return count


@contextmanager
def asked(folder: Path, *words: str) -> Iterator[Asked]:
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = kubeconfig(folder, server.getsockname()[1])
        command = [sys.executable, "-m", "autotuner_tui", *words, TASK, "--direct", "--kubeconfig", config]
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=folder, env=alone(folder), text=True, **pipes) as process:
            try:
                yield Asked(folder, server, process)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Asked]]:
    """Commands that wait for a silent cluster, all at the same time."""
    place = tmp_path_factory.mktemp("silent")
    with ExitStack() as stack:
        commands = {"check": ("check",), "plan": ("plan",), "run": ("run", "--no-ui")}
        yield {name: stack.enter_context(asked(place / name, *words)) for name, words in commands.items()}


def test_a_check_of_a_cluster_where_nobody_listens_is_exit_code_3_with_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", TASK, "--direct", "--kubeconfig", kubeconfig(tmp_path, refusing())]) == 3
    said = capsys.readouterr().out
    assert "Connection refused" in said and "kubectl get --raw /readyz" in said


def test_a_check_of_a_cluster_that_is_silent_is_told_after_the_first_try(silent: dict[str, Asked]) -> None:
    code, out, _ = silent["check"].ended()
    assert code == 3 and "does not answer" in out and silent["check"].tries() == 1


def test_a_plan_with_a_cluster_that_is_away_is_told_after_the_first_try(silent: dict[str, Asked]) -> None:
    code, _, err = silent["plan"].ended()
    assert code == 3 and "does not answer" in err and silent["plan"].tries() == 1


def test_a_run_without_a_cluster_ends_after_the_first_try_and_can_be_resumed(silent: dict[str, Asked]) -> None:
    code, _, err = silent["run"].ended()
    (journal,) = (silent["run"].folder / "results").glob("*/*/journal.jsonl")
    events = read_journal(journal)
    (end,) = (event for event in events if isinstance(event, RunEnded))
    assert code == 3 and end.reason == "access" and "kubectl get --raw /readyz" in end.message
    assert not any(isinstance(event, AttemptStarted) for event in events) and silent["run"].tries() == 1
    assert "autotuner-tui resume" in err
