"""A genai-bench whose internals are not the known ones: the plain command line does what it can, and says what is lost.
And the endpoint's key, which only the launcher can give without writing it down."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.benchmark.command import child_environment
from autotuner_core.benchmark.warm import LAUNCHER
from autotuner_core.deploy.strays import find_strays
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.scoring.level import judge
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.task.benchmark import Validity
from bench_rig import TOKEN, Bench, bench_in, task_of
from misbehaving import Misbehaving

pytestmark = pytest.mark.genai_bench


@pytest.fixture(scope="module")
def changed_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose genai-bench has a `manage_run_time` of another shape, and otherwise works."""
    folder = tmp_path_factory.mktemp("changed")
    (folder / "sitecustomize.py").write_text(
        textwrap.dedent(
            """
            import importlib.machinery, sys

            class Changed:
                def find_spec(self, name, path=None, target=None):
                    if name != "genai_bench.cli.utils":
                        return None
                    spec = importlib.machinery.PathFinder.find_spec(name, path)
                    load = spec.loader.exec_module
                    def exec_module(module):
                        load(module)
                        original = module.manage_run_time
                        module.manage_run_time = lambda **options: original(**options)
                    spec.loader.exec_module = exec_module
                    return spec

            sys.meta_path.insert(0, Changed())
            """
        )
    )
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return python


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path, changed_python: Path) -> Iterator[Bench]:
    task = task_of(tokenizer, genai_bench_python=str(changed_python))
    made = bench_in(tmp_path_factory.mktemp("plain"), task, token=f"{TOKEN}-plain")
    try:
        made.controller.prepare(made.scope())
        yield made
    finally:
        made.controller.close()
    assert find_strays(f"{TOKEN}-plain") == []


def test_what_is_lost_is_said(plain: Bench) -> None:
    (note,) = [note for note in plain.recorder.of("RunNote") if note.level == "warning"]
    assert (note.code, note.level) == ("plain_genai_bench", "warning")
    assert "manage_run_time does not take" in note.text
    assert "no seed" in note.text and "not compared" in note.text


def test_a_level_is_measured_without_timestamps(plain: Bench) -> None:
    with Misbehaving(tpot=0.003) as server:
        run = plain.run(server.url, max_requests=30)
    assert (run.timestamps, run.ended_by) == (False, "requests")
    assert len(run.rows) >= 30
    assert run.seconds > 0
    assert "no seed" in run.notes[0]
    assert judge(run, validity=Validity(), slo={}).verdict is Verdict.OK


def test_a_level_in_which_all_fail_is_no_success(plain: Bench) -> None:
    with Misbehaving("errors") as server:
        run = plain.run(server.url, max_requests=30)
    assert judge(run, validity=Validity(), slo={}).verdict is Verdict.OVERLOADED


def test_a_call_that_genai_bench_refuses_is_a_failure_with_its_words(plain: Bench) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ExperimentFailure) as failure:
            plain.run(f"http://127.0.0.1:{bound.getsockname()[1]}", scenario="X(1,2)")
    assert failure.value.cause is FailureCause.BENCHMARK_FAILED
    assert any("X(1,2)" in line for line in failure.value.evidence)


def test_a_key_is_not_given_to_a_genai_bench_that_would_write_it_down(
    tmp_path: Path, tokenizer: Path, changed_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOTUNER_API_KEY", "sk-secret-of-the-endpoint")
    bench = bench_in(tmp_path, task_of(tokenizer, genai_bench_python=str(changed_python)))
    with pytest.raises(PreflightError) as error:
        bench.controller.prepare(bench.scope())
    assert "AUTOTUNER_API_KEY" in error.value.message


def test_a_key_reaches_the_endpoint_and_no_file(
    tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOTUNER_API_KEY", "sk-secret-of-the-endpoint")
    # A user who repeats the key where it is sent with each request finds it in no file either.
    bench = bench_in(tmp_path, task_of(tokenizer, additional_params={"user": "sk-secret-of-the-endpoint"}))
    try:
        bench.controller.prepare(bench.scope())
        with Misbehaving(api_key="sk-secret-of-the-endpoint") as server:
            good = bench.run(server.url, max_requests=4)
        with Misbehaving(api_key="another") as server:  # it answers with the key that it was given
            refused = bench.run(server.url, max_requests=4)
    finally:
        bench.controller.close()
    assert all(row.error is None for row in good.rows)
    assert {row.error for row in refused.rows if row.end is not None} == {401}
    assert "Bearer ***" in refused.rows[0].error_message
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 6
    assert [path for path in files if b"sk-secret" in path.read_bytes()] == []


BREAK_EACH = """
import importlib, importlib.util, json, sys
spec = importlib.util.spec_from_file_location("launcher", sys.argv[1])
launcher = importlib.util.module_from_spec(spec)
spec.loader.exec_module(launcher)
unseen, whole = [], launcher.missing_internals()
for module, path, _ in launcher.INTERNALS:
    owner = importlib.import_module(module)
    *way, last = path.split(".")
    for name in way:
        owner = getattr(owner, name)
    original = getattr(owner, last)
    inherited = last not in vars(owner)
    class Other:
        def __getattr__(self, name):
            raise AttributeError(name)
    try:
        holder = importlib.import_module(module)
        kept = getattr(holder, path.split(".")[0])
        setattr(holder, path.split(".")[0], Other() if way else None)
        if not way:
            delattr(holder, path)
        if not any(path in line for line in launcher.missing_internals()):
            unseen.append(path)
    finally:
        setattr(holder, path.split(".")[0], kept)
print(json.dumps({"whole": whole, "unseen": unseen, "after": launcher.missing_internals()}))
"""


def test_every_internal_that_the_launcher_relies_on_is_missed_when_it_is_gone() -> None:
    environment = child_environment(os.environ, tokenizer_is_local=True)
    command = [sys.executable, "-c", BREAK_EACH, str(LAUNCHER)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(done.stdout) == {"whole": [], "unseen": [], "after": []}
