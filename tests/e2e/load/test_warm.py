"""The warm process of a run: it may die or hang, and nothing of it may stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from autotuner_core.benchmark import forked_level
from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.benchmark.command import child_environment
from autotuner_core.benchmark.samples import read_samples
from autotuner_core.benchmark.warm import LAUNCHER
from autotuner_core.benchmark.warm_keeper import NAME
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.strays import find_strays
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.run.processes import same_process
from bench_rig import TOKEN, Bench, bench_in, in_background, task_of
from misbehaving import Misbehaving
from waiting import wait_for

pytestmark = pytest.mark.genai_bench


def warm_pid(bench: Bench) -> int:
    return int([event.pid for event in bench.recorder.of("ResourceCreated") if event.name == NAME][-1])


def test_a_warm_process_that_dies_is_begun_anew_and_the_level_repeated(bench: Bench) -> None:
    with Misbehaving(ttft=0.02) as server:
        thread, results = in_background(bench, server.url, max_requests=100)
        wait_for(lambda: server.requests > 3, what="requests")
        before = warm_pid(bench)
        os.kill(before, signal.SIGKILL)
        thread.join(120)
    assert sum(row.end is not None for row in results[0].rows) == 100, results
    assert warm_pid(bench) != before
    assert [note.code for note in bench.recorder.of("RunNote") if note.level == "warning"] == ["warm_process_died"]


def test_a_warm_process_that_dies_between_levels_is_begun_anew(bench: Bench) -> None:
    with Misbehaving() as server:
        bench.run(server.url, max_requests=5)
        before = warm_pid(bench)
        os.kill(before, signal.SIGKILL)
        run = bench.run(server.url, max_requests=5)
    assert sum(row.end is not None for row in run.rows) == 5
    assert warm_pid(bench) != before and not psutil.pid_exists(before)


def test_a_warm_process_that_does_nothing_any_more_is_begun_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_level, "FORK_SECONDS", 3.0)
    with Misbehaving() as server:
        bench.run(server.url, max_requests=5)
        before = warm_pid(bench)
        os.kill(before, signal.SIGSTOP)
        run = bench.run(server.url, max_requests=5)
    assert sum(row.end is not None for row in run.rows) == 5
    assert warm_pid(bench) != before and not psutil.pid_exists(before)


def test_a_warm_process_that_was_stopped_in_the_middle_of_a_level_is_noticed_when_the_level_has_ended(
    bench: Bench,
) -> None:
    with Misbehaving(ttft=0.02) as server:
        thread, results = in_background(bench, server.url, max_requests=100, max_seconds=300)
        wait_for(lambda: server.requests > 3, what="requests")
        before = warm_pid(bench)
        os.kill(before, signal.SIGSTOP)
        thread.join(120)
    assert results and sum(row.end is not None for row in results[0].rows) == 100, results
    assert warm_pid(bench) != before and not psutil.pid_exists(before)


def state_of(process: psutil.Process) -> tuple[int, int, int]:
    """Open descriptors, children, megabytes of memory of its own."""
    return process.num_fds(), len(process.children()), process.memory_full_info().uss // 1_000_000


def test_the_warm_process_keeps_nothing_of_its_levels(bench: Bench) -> None:
    with Misbehaving(ttft=0.001, tpot=0.0002) as server:
        states = []
        for number in range(30):
            bench.run(server.url, concurrency=1 + number % 3, max_requests=4)
            states.append(state_of(psutil.Process(warm_pid(bench))))
    after_some, at_last = states[4], states[-1]
    assert [children for _, children, _ in states] == [0] * 30
    assert at_last[0] == after_some[0], states
    assert at_last[2] <= after_some[2] + 5, states


def test_a_load_generator_that_hangs_is_killed_and_what_it_measured_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked_level, "SLACK_SECONDS", 1.0)
    with Misbehaving() as server:
        thread, results = in_background(bench, server.url, max_requests=10_000, max_seconds=6)
        wait_for(lambda: server.requests > 10, what="requests")
        forked = bench.load_generator()
        os.kill(forked.pid, signal.SIGSTOP)
        thread.join(120)
    assert results[0].ended_by == "time"
    assert "killed" in results[0].notes[0]
    assert sum(row.end is not None for row in results[0].rows) > 5
    assert not psutil.pid_exists(forked.pid)


def test_a_level_that_is_asked_to_end_before_it_began_ends_well(bench: Bench) -> None:
    with Misbehaving() as server:
        level, folder = Level(1, "D(20,20)", 2, 20.0, 100, 1), bench.attempt()
        order = bench.controller._orders().order(level, Endpoint(server.url, "tiny"), folder)
        warm = bench.controller._keeper.get(bench.scope())
        fork = warm.fork(order.arguments, order.settings)
        warm.end(fork)
        assert fork.gone.wait(120)
    assert fork.exit_code == 0, order.log.read_text()
    assert read_samples(order.samples)[1].end["ended_by"] == "asked"


def test_a_load_generator_that_is_killed_is_a_failure_of_the_benchmark(bench: Bench) -> None:
    with Misbehaving() as server:
        thread, results = in_background(bench, server.url, max_requests=10_000, max_seconds=30)
        wait_for(lambda: server.requests > 3, what="requests")
        forked = bench.load_generator()
        os.kill(forked.pid, signal.SIGKILL)
        thread.join(120)
    assert isinstance(results[0], ExperimentFailure)
    assert results[0].cause is FailureCause.BENCHMARK_FAILED
    assert "signal 9" in results[0].message and "dmesg" in results[0].cure


def test_closing_ends_everything_in_the_middle_of_a_level(tmp_path: Path, tokenizer: Path) -> None:
    bench = bench_in(tmp_path, task_of(tokenizer), token=f"{TOKEN}-closing")
    bench.controller.prepare(bench.scope())
    assert bench.controller.versions()["genai-bench"] == "0.0.5"
    with Misbehaving() as server:
        thread, results = in_background(bench, server.url, max_requests=10_000, max_seconds=60)
        wait_for(lambda: server.requests > 3, what="requests")
        assert len(find_strays(f"{TOKEN}-closing")) >= 2
        bench.controller.close()
        bench.controller.close()
        thread.join(120)
    assert isinstance(results[0], ExperimentFailure)
    assert find_strays(f"{TOKEN}-closing") == []


def test_the_warm_process_and_its_forks_end_with_the_tuner(tmp_path: Path, tokenizer: Path) -> None:
    environment = child_environment(os.environ, tokenizer_is_local=True)
    command = [sys.executable, str(LAUNCHER), "warm"]
    with (
        Misbehaving() as server,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as warm,
    ):
        assert warm.stdin is not None and warm.stdout is not None
        loaded = json.loads(warm.stdout.readline())
        assert (loaded["report"], loaded["patched"], loaded["missing"]) == ("loaded", True, [])
        arguments = [
            "--api-backend", "vllm", "--api-base", server.url, "--api-key", "none", "--api-model-name", "tiny",
            "--model-tokenizer", str(tokenizer), "--task", "text-to-text", "--max-time-per-run", "1",
            "--max-requests-per-run", "9999", "--traffic-scenario", "D(20,20)", "--num-concurrency", "1",
            "--experiment-base-dir", str(tmp_path), "--experiment-folder-name", "files", "--log-dir", str(tmp_path),
        ]  # fmt: skip
        limits = {"max_seconds": 60, "max_requests": 9999, "seed": 1}
        level = {"index": 1, "scenario": "D(20,20)", "concurrency": 1, **limits}
        settings = {"samples": str(tmp_path / "samples.jsonl"), "log": str(tmp_path / "log"), "levels": [level]}
        order = {"cmd": "level", "id": 5, "arguments": arguments, "settings": settings}
        warm.stdin.write(json.dumps(order).encode() + b"\n")
        warm.stdin.flush()
        forked = json.loads(warm.stdout.readline())
        assert (forked["report"], forked["id"]) == ("forked", 5)
        assert same_process(forked["pid"], forked["started"])
        wait_for(lambda: server.requests > 2, what="requests")
        warm.stdin.close()
        assert warm.wait(120) == 0
        assert not psutil.pid_exists(forked["pid"])


HOST = """
import sys, threading
from pathlib import Path
from bench_rig import bench_in, task_of
bench = bench_in(Path(sys.argv[1]), task_of(Path(sys.argv[2]), num_workers=2, num_concurrency=[4]), token=sys.argv[3])
bench.controller.prepare(bench.scope())
limits = dict(concurrency=4, max_requests=100_000, max_seconds=60)
threading.Thread(target=lambda: bench.run(sys.argv[4], **limits), daemon=True).start()
sys.stdin.read()
"""


@pytest.mark.parametrize("stopped_before", [False, True], ids=["at work", "stopped before"])
def test_what_is_left_of_a_killed_host_is_nothing(tmp_path: Path, tokenizer: Path, stopped_before: bool) -> None:
    token = f"{TOKEN}-killed-host-{stopped_before}"
    paths = os.pathsep.join([str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")])
    with Misbehaving() as server:
        command = [sys.executable, "-c", HOST, str(tmp_path), str(tokenizer), token, server.url]
        host = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths})
        try:
            wait_for(lambda: server.requests > 8, 120, what="requests")
            started = find_strays(token)
            assert len([s for s in started if "launcher.py" in s.command]) >= 3  # the warm process and two of its forks
            if stopped_before:
                for stray in started:
                    if "launcher.py" in stray.command:
                        os.kill(stray.pid, signal.SIGSTOP)
        finally:
            host.kill()
            host.communicate()
        wait_for(lambda: not find_strays(token), what="the end of all that the host had started")


def test_the_load_generator_keeps_off_the_cores_of_the_engine(tmp_path: Path, tokenizer: Path) -> None:
    there = sorted(os.sched_getaffinity(0))
    bench = bench_in(tmp_path, task_of(tokenizer, cores=[there[:1]]), token=f"{TOKEN}-cores")
    try:
        bench.controller.prepare(bench.scope())
        assert psutil.Process(warm_pid(bench)).cpu_affinity() == (there[1:] or there)
        assert os.sched_getaffinity(0) == set(there)
        assert [note.code for note in bench.recorder.of("RunNote")] == ([] if there[1:] else ["cores_shared"])
    finally:
        bench.controller.close()


def refusal(tmp_path: Path, tokenizer: str, **benchmark: Any) -> PreflightError:
    token = f"{TOKEN}-refusal"
    bench = bench_in(tmp_path, task_of(Path(tokenizer), **{"model_tokenizer": tokenizer, **benchmark}), token)
    try:
        with pytest.raises(PreflightError) as error:
            bench.controller.prepare(Scope(Control()))
        return error.value
    finally:
        bench.controller.close()
        assert find_strays(token) == []


def test_a_tokenizer_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    error = refusal(tmp_path, "nobody/no-such-tokenizer")
    assert "nobody/no-such-tokenizer" in error.message
    assert "HF_ENDPOINT" in error.cure or "folder" in error.cure


class GatedHub(BaseHTTPRequestHandler):
    """Answers as the Hugging Face hub does for a model whose terms were not accepted."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("X-Error-Message", "Access to model is restricted")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_gated_tokenizer_is_told_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), GatedHub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.server_address[1]}")
        error = refusal(tmp_path, "meta-llama/gated-model")
        hub.shutdown()
    assert "gated" in error.message
    assert "HF_TOKEN" in error.cure


def test_an_interpreter_without_genai_bench_is_told_with_the_cure(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    error = refusal(tmp_path, str(tmp_path), genai_bench_python=str(bare / "bin" / "python"))
    assert "cannot load genai-bench" in error.message
    assert "pip install genai-bench==0.0.5" in error.cure


def test_an_interpreter_that_is_none_is_told_with_the_cure(tmp_path: Path) -> None:
    error = refusal(tmp_path, str(tmp_path), genai_bench_python="/no/such/python")
    assert "/no/such/python" in error.message
    assert "autotuner-tui[bench]" in error.cure
