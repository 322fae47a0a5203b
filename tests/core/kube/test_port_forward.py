"""A port-forward that does not stay: what is told of it, and how often it is tried. kubectl itself is played here; the
real one is met in tests/on_cluster."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autotuner_core.deploy.port import ReservedPort
from autotuner_core.failures import FailureCause, PreflightError
from autotuner_core.kube import port_forward
from autotuner_core.kube.kubectl import find_kubectl
from autotuner_core.kube.port_forward import PortForward
from waiting import wait_for

NO_CLIENT: Any = SimpleNamespace(kubeconfig_files=(Path("/etc/one"), Path("/etc/two")), context="c")


class Process:
    """What PortForward needs of a process."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path, on_exit: Callable[[int], None]) -> None:
        self.argv, self.env = argv, env
        with log.open("ab") as output:
            self.popen = subprocess.Popen(argv, env=env, stdout=output, stderr=output)
        threading.Thread(target=lambda: on_exit(self.popen.wait()), daemon=True).start()

    def stop(self, now: bool = False) -> None:
        self.popen.kill()
        self.popen.wait()


Begin = Callable[[str], tuple[PortForward, list[Process]]]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begin a forward with this Python program as kubectl."""
    monkeypatch.setattr(port_forward, "PAUSES", (0.0, 0.01, 0.01, 0.01, 0.01, 0.01))
    reserved, begun = ReservedPort(), list[PortForward]()

    def of(program: str) -> tuple[PortForward, list[Process]]:
        kubectl = tmp_path / "kubectl"
        kubectl.write_text(f"#!/usr/bin/env -S python3 -S\nimport socket, sys, time\n{program}")
        kubectl.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        processes: list[Process] = []

        def start(*arguments: Any) -> Process:
            processes.append(Process(*arguments))
            return processes[-1]

        log = tmp_path / "port-forward.log"
        begun.append(
            PortForward(
                NO_CLIENT, "p", "ns", port=reserved.number, remote=80, log=log, start=start, notify=lambda: None
            )
        )
        return begun[-1], processes

    yield of
    for forward in begun:
        forward.stop()
    reserved.release()


LISTEN = """
port = int(next(word for word in sys.argv if ":" in word).partition(":")[0])
with socket.create_server(("127.0.0.1", port)) as server:
    server.accept()
"""


def test_kubectl_goes_where_the_client_goes(begin: Begin) -> None:
    forward, processes = begin(f"{LISTEN}    time.sleep(60)")
    wait_for(lambda: forward.up, 20, what="the forward")
    said = " ".join(processes[0].argv[1:])
    assert said == f"--context c --namespace ns port-forward pod/p {forward.port}:80 --address 127.0.0.1"
    assert processes[0].env["KUBECONFIG"] == "/etc/one:/etc/two"


def test_one_that_does_not_come_up_is_told_in_kubectls_words_and_tried_on(begin: Begin) -> None:
    forward, processes = begin("sys.exit('error: pods \"p\" not found')")
    failure = wait_for(lambda: forward.failure, 20, what="the failure")
    assert failure.cause is FailureCause.PORT_FORWARD_LOST and 'error: pods "p" not found' in failure.evidence
    wait_for(lambda: len(processes) > port_forward.GIVE_UP_AFTER, 20, what="another try")


def test_one_that_ends_at_each_connection_is_no_failure_while_the_engine_does_not_listen(begin: Begin) -> None:
    forward, _ = begin(LISTEN)
    wait_for(lambda: forward.drops > port_forward.GIVE_UP_AFTER, 20, what="drops")
    assert forward.failure is None


def test_a_starter_that_fails_does_not_end_the_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_forward, "PAUSES", (0.0,) * 6)
    (tmp_path / "kubectl").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    def start(*arguments: object) -> Process:
        raise RuntimeError("no room in the record")

    log = tmp_path / "log"
    forward = PortForward(NO_CLIENT, "p", "ns", port=1, remote=80, log=log, start=start, notify=lambda: None)
    failure = wait_for(lambda: forward.failure, 20, what="the failure")
    forward.stop()
    assert any("no room in the record" in line for line in failure.evidence)


def test_a_missing_kubectl_is_told_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PreflightError, match="no kubectl") as told:
        find_kubectl()
    assert "Install kubectl" in told.value.cure
