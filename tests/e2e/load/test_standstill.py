"""A load generator that was stopped for a while (Ctrl+Z, a debugger, a machine that swaps) must not pass for a slow
engine."""

from __future__ import annotations

import os
import signal
import time

import pytest

from autotuner_core.scoring.level import judge
from autotuner_core.scoring.standstill import STOPPED_SECONDS
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.task.benchmark import Validity
from bench_rig import Bench, in_background
from misbehaving import Misbehaving
from waiting import wait_for

pytestmark = pytest.mark.genai_bench


def test_a_level_whose_load_generator_was_stopped_is_not_steady(bench: Bench) -> None:
    with Misbehaving(ttft=0.02) as server:
        folder = bench.attempt()
        thread, results = in_background(bench, server.url, max_requests=400, max_seconds=60, folder=folder)
        wait_for(lambda: server.requests > 20, what="requests")
        pid = bench.load_generator().pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        samples = folder / "samples.jsonl"
        wait_for(lambda: time.time() - samples.stat().st_mtime > STOPPED_SECONDS + 1, what="no sign of it for so long")
        os.kill(pid, signal.SIGCONT)
        thread.join(120)
    level = judge(results[0], validity=Validity(), slo={})
    assert level.verdict is Verdict.NOT_STEADY and "stood still" in level.why
