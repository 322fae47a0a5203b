"""A cluster that does not answer: told at the first try, with the cure and an exit code of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.resources import examples_folder
from autotuner_core.run.events import AttemptStarted, RunEnded
from autotuner_core.run.journal import read_journal
from autotuner_tui.cli.main import main

TASK = str(examples_folder() / "simple_task.json")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """An address that takes connections, and never says a word on them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


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


def tries(server: socket.socket) -> int:
    """How often it was tried to reach the server."""
    server.settimeout(0)
    count = 0
    try:
        while True:
            server.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


def test_a_check_of_a_cluster_where_nobody_listens_is_exit_code_3_with_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", TASK, "--direct", "--kubeconfig", kubeconfig(tmp_path, refusing())]) == 3
    said = capsys.readouterr().out
    assert "Connection refused" in said and "kubectl get --raw /readyz" in said


def test_a_check_of_a_cluster_that_is_silent_is_told_after_the_first_try(
    silent: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = kubeconfig(tmp_path, silent.getsockname()[1])
    assert main(["check", TASK, "--direct", "--kubeconfig", config]) == 3
    assert "does not answer" in capsys.readouterr().out and tries(silent) == 1


def test_a_plan_with_a_cluster_that_is_away_is_told_after_the_first_try(
    silent: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = kubeconfig(tmp_path, silent.getsockname()[1])
    assert main(["plan", TASK, "--direct", "--kubeconfig", config]) == 3
    assert "does not answer" in capsys.readouterr().err and tries(silent) == 1


def test_a_run_without_a_cluster_ends_after_the_first_try_and_can_be_resumed(
    silent: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = kubeconfig(tmp_path, silent.getsockname()[1])
    results = ["--results-dir", str(tmp_path / "results")]
    assert main(["run", TASK, "--no-ui", "--direct", "--kubeconfig", config, *results]) == 3
    (journal,) = (tmp_path / "results").glob("*/*/journal.jsonl")
    events = read_journal(journal)
    (end,) = (event for event in events if isinstance(event, RunEnded))
    assert end.reason == "access" and "kubectl get --raw /readyz" in end.message
    assert not any(isinstance(event, AttemptStarted) for event in events) and tries(silent) == 1
    assert "autotuner-tui resume" in capsys.readouterr().err
