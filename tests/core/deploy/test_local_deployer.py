from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.control import Interrupted, Interruption
from autotuner_core.deploy.strays import find_strays
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.run.events import ResourceCreated, WorkloadObserved
from waiting import wait_for

from .conftest import Place

READY = 30.0


def failure_of(place: Place, seconds: float = READY, **parameters: Any) -> ExperimentFailure:
    server = place.deploy(place.deployer(), **parameters)
    try:
        with pytest.raises(ExperimentFailure) as caught:
            server.wait_ready(place.scope, seconds)
    finally:
        server.stop()
    return caught.value


def phases(place: Place) -> list[str]:
    return [event.phase for event in place.events.kept if isinstance(event, WorkloadObserved)]


def test_an_engine_that_is_ready_is_not_used_or_stays_after_its_stop(place: Place) -> None:
    server = place.deploy(place.deployer())
    endpoint = server.wait_ready(place.scope, READY)
    assert endpoint == Endpoint(endpoint.url, "stub")
    with urllib.request.urlopen(endpoint.url + "/health", timeout=10) as answer:
        assert answer.status == 200
    assert server.failure() is None
    assert server.gpu_count == 0 and server.gpus == ()
    server.stop()
    server.stop()
    assert server.failure() is None  # it was asked to go
    assert find_strays(place.token) == []
    assert phases(place) == ["starting", "running"]
    assert [kind for kind in place.events.types() if kind.startswith("Resource")] == [
        "ResourceIntended", "ResourceCreated", "ResourceRemoved",
    ]  # fmt: skip
    created = next(event for event in place.events.kept if isinstance(event, ResourceCreated))
    assert created.pid and created.started and created.token == place.token


@pytest.mark.parametrize(
    ("parameters", "cause", "words"),
    [
        ({"fail": "oom"}, FailureCause.OUT_OF_MEMORY, "GPU's memory"),
        ({"fail": "exit"}, FailureCause.CRASH, "exit code 3"),
        ({"fail": "segfault"}, FailureCause.CRASH, "SIGSEGV"),
        ({"fail": "die-when-asked"}, FailureCause.CRASH, "exit code 9"),
        ({"no_such_flag": 1}, FailureCause.REJECTED, "--no-such-flag 1"),
        ({"tp_size": "two"}, FailureCause.REJECTED, "invalid int value: 'two'"),
    ],
)
def test_an_engine_that_ends_at_its_start_burns_the_whole_timeout(
    place: Place, parameters: dict[str, Any], cause: FailureCause, words: str
) -> None:
    failure = failure_of(place, **parameters)
    assert failure.cause is cause
    assert words in failure.message
    assert failure.evidence and failure.cure
    assert phases(place)[0] == "starting"


@pytest.mark.parametrize("fail", ["", "exit"])
def test_an_engine_that_answers_or_ends_is_noticed_only_when_its_time_is_over(place: Place, fail: str) -> None:
    server = place.deploy(place.deployer(), fail=fail)
    noticed = threading.Event()

    def wait() -> None:
        with contextlib.suppress(ExperimentFailure):
            server.wait_ready(place.scope, 600)
        noticed.set()

    threading.Thread(target=wait, daemon=True).start()
    assert noticed.wait(20)
    server.stop()


def test_a_load_that_waits_is_not_woken_when_the_engine_dies(place: Place) -> None:
    server = place.deploy(place.deployer())
    endpoint = server.wait_ready(place.scope, READY)
    dead = threading.Event()

    def wait() -> None:
        place.scope.wait_until(lambda: server.failure() is not None, 600)
        dead.set()

    threading.Thread(target=wait, daemon=True).start()
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(endpoint.url + "/die", timeout=10)
    assert dead.wait(20)
    server.stop()


@pytest.mark.parametrize("fail", ["never-healthy", "hang"])
def test_an_engine_that_never_answers_is_waited_for_without_end(place: Place, fail: str) -> None:
    failure = failure_of(place, seconds=1.0, fail=fail)
    assert failure.cause is FailureCause.NOT_READY_IN_TIME
    assert ("HTTP 503" if fail == "never-healthy" else "refused") in failure.message


def test_a_death_under_load_is_taken_for_errors_of_the_load(place: Place) -> None:
    server = place.deploy(place.deployer())
    endpoint = server.wait_ready(place.scope, READY)
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(endpoint.url + "/die", timeout=10)
    wait_for(lambda: server.failure() is not None)
    failure = server.failure()
    assert failure is not None and failure.cause is FailureCause.OUT_OF_MEMORY
    assert "std::bad_alloc" in failure.evidence
    assert server.failure() is failure
    wait_for(lambda: phases(place)[-1] == "exited")
    server.stop()


def test_a_person_who_ends_the_engine_spoils_the_configuration(place: Place) -> None:
    server = place.deploy(place.deployer())
    server.wait_ready(place.scope, READY)
    created = next(event for event in place.events.kept if isinstance(event, ResourceCreated))
    assert created.pid is not None
    os.kill(created.pid, signal.SIGTERM)
    wait_for(lambda: server.failure() is not None)
    failure = server.failure()
    assert failure is not None and failure.cause is FailureCause.INTERRUPTED and failure.retry
    server.stop()


@pytest.mark.parametrize("slow_health", [0.0, 4.0])
def test_a_skip_waits_until_the_engine_is_ready(place: Place, slow_health: float) -> None:
    fail = "never-healthy" if not slow_health else ""
    server = place.deploy(place.deployer(), fail=fail, slow_health=slow_health)
    asker = threading.Timer(0.3, place.control.skip, [1])
    asker.start()
    with pytest.raises(Interrupted):
        server.wait_ready(place.scope, 600)
    server.stop()


def test_a_stop_at_once_waits_for_an_engine_that_ignores_sigterm(place: Place) -> None:
    server = place.deploy(place.deployer(), stubborn=True)
    server.wait_ready(place.scope, READY)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    place.control.stop(Interruption.STOP_NOW)
    stopping.join(8)  # the grace is 10 s
    assert not stopping.is_alive()
    assert find_strays(place.token) == []


def test_close_leaves_an_engine_running(place: Place) -> None:
    deployer = place.deployer()
    place.deploy(deployer)
    deployer.close()
    deployer.close()
    assert find_strays(place.token) == []


def test_a_journal_that_cannot_be_written_leaves_an_engine_running(place: Place) -> None:
    class FullDisk(Exception):
        pass

    class Recorder:
        def record(self, event: Any) -> Any:
            if event.type == "ResourceCreated":
                raise FullDisk
            return event

    place.events = Recorder()  # type: ignore[assignment]
    with pytest.raises(FullDisk):
        place.deploy(place.deployer())
    assert find_strays(place.token) == []


def test_a_proxy_is_asked_whether_the_local_engine_is_ready(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = place.deploy(place.deployer())
    server.wait_ready(place.scope, READY)
    server.stop()


def test_what_was_applied_is_not_known_or_tells_a_secret(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    deployer = place.deployer(local={"env": {"HF_TOKEN": "hf_secret", "MINE": "yes"}})
    parameters = {"env.API_KEY": "s3cret", "env.SIZE": 4, "tp_size": 2, "hf_token": "s3cret"}
    server = place.deploy(deployer, **parameters)
    server.stop()
    text = (place.folder / "exp1" / "attempt1" / "command.json").read_text(encoding="utf-8")
    assert "s3cret" not in text and "hf_secret" not in text
    applied = json.loads(text)
    assert applied["env_added"] == {"HF_TOKEN": "***", "MINE": "yes", "API_KEY": "***", "SIZE": "4"}
    assert applied["argv"][-4:] == ["--tp-size", "2", "--hf-token", "***"]


def test_an_engine_does_not_get_its_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_SHELL", "shell")
    command = ["sh", "-c", "echo $FROM_THE_SHELL $FROM_THE_TASK $FROM_THE_CONFIGURATION; exit 1"]
    deployer = place.deployer(local={"command": command, "env": {"FROM_THE_TASK": "task"}})
    server = place.deploy(deployer, **{"env.FROM_THE_CONFIGURATION": "configuration"})
    with pytest.raises(ExperimentFailure):
        server.wait_ready(place.scope, READY)
    assert place.log() == "shell task configuration\n"
    server.stop()


@pytest.mark.parametrize(
    ("local", "words"),
    [
        ({"command": ["no-such-engine", "{port}", "{flags}"]}, "no-such-engine"),
        ({"command": ["sh", "{prot}", "{flags}"]}, r"local.command\[1\]: {prot}"),
        ({"command": ["sh", "--x={flags}"]}, "flags"),
        ({"engine": "vllm"}, "vllm"),
        ({"engine": "sglang"}, "sglang"),
        ({"engine": "llama-server"}, "llama-server"),
    ],
)
def test_a_missing_engine_is_found_only_when_the_first_experiment_starts(
    place: Place, local: dict[str, Any], words: str
) -> None:
    with pytest.raises(PreflightError, match=words) as caught:
        place.deployer(local=local)
    assert caught.value.cure


def test_a_missing_model_file_is_found_only_when_the_first_experiment_starts(place: Place) -> None:
    with pytest.raises(PreflightError, match=r"no-such\.gguf"):
        place.deployer(local={"engine": "llama.cpp"}, model={"name": "no-such.gguf"})


def test_an_engine_that_reuses_no_address_can_never_listen(place: Place) -> None:
    deployer = place.deployer()
    server = place.deploy(deployer, fail="no-reuse")
    with pytest.raises(ExperimentFailure) as caught:
        server.wait_ready(place.scope, READY)
    assert caught.value.cause is FailureCause.ENDPOINT_UNREACHABLE and caught.value.retry
    server.stop()
    server = place.deploy(deployer, attempt=2, fail="no-reuse")
    server.wait_ready(place.scope, READY)
    server.stop()


def test_usage_of_an_engine_is_not_recorded(place: Place) -> None:
    server = place.deploy(place.deployer())
    server.wait_ready(place.scope, READY)
    usage = place.folder / "exp1" / "attempt1" / "usage.jsonl"
    lines = wait_for(lambda: usage.exists() and usage.read_text(encoding="utf-8").splitlines())
    line = json.loads(lines[0])
    assert line["rss"] > 1e6 and line["cpu"] >= 0 and set(line) == {"ts", "mono", "cpu", "rss"}
    server.stop()


def test_experiments_wait_for_nothing_or_disturb_one_another_on_the_cpu(place: Place) -> None:
    optimization = {"objective": "minimize_latency", "max_parallel": 2}
    with pytest.raises(PreflightError, match="disturb"):
        place.deployer(optimization=optimization)


def test_the_placeholders_of_a_command_are_not_filled_in(place: Place, tmp_path: Path) -> None:
    command = [
        "sh",
        "-c",
        'echo "$@"; exit 1',
        "x",
        "{host}:{port}",
        "{model}",
        "{served_model_name}",
        '{"a": 1}',
        "{flags}",
    ]
    deployer = place.deployer(local={"command": command}, model={"name": "org/model"})
    server = place.deploy(deployer, some_flag=True, other=[1, 2])
    with pytest.raises(ExperimentFailure):
        server.wait_ready(place.scope, READY)
    said = place.log().split()
    assert said[0].startswith("127.0.0.1:")
    assert said[1:] == ["org/model", "org/model", '{"a":', "1}", "--some-flag", "--other", "1", "2"]
    server.stop()
