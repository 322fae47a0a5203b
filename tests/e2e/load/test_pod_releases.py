"""The launcher in a BenchmarkJob's pod, with every release of genai-bench that can be installed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.benchmark.base import Level, LevelRun
from autotuner_core.benchmark.job import reports
from autotuner_core.benchmark.job.level import JobLevel
from autotuner_core.benchmark.job.plain import why_by_itself
from autotuner_core.benchmark.job.reports import SAMPLES, Report, unpacked
from autotuner_core.benchmark.level_files import find_level_file, read_level_file
from autotuner_core.control import Control, Scope
from genai_bench_releases import KNOWN, OLDEST, RUN_BY_THEMSELVES, places_of
from misbehaving import Misbehaving
from pod_process import PodProcess
from waiting import wait_for

pytestmark = pytest.mark.genai_bench

BY_COUNT = Level(1, "D(20,20)", 2, 20.0, 30, 1, warm_up=False)
BY_TIME = Level(2, "D(20,20)", 4, 1.5, 100_000, 2, warm_up=False)


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving(tpot=0.002) as server:
        yield server


def run(pod: PodProcess, level: Level, workers: int = 1) -> LevelRun:
    def bring_rest() -> None:
        raise AssertionError("rows were lost on the way")

    scope = Scope(Control())
    return JobLevel(pod, level, pod.task, "tiny", workers, scope, lambda: None, None, bring_rest).run()  # type: ignore[arg-type]


@pytest.mark.parametrize("release", KNOWN)
def test_a_launcher_in_a_pod_reports_all_and_measures_as_asked(
    release: str, server: Misbehaving, tokenizer: Path, tmp_path: Path
) -> None:
    pod = PodProcess(tmp_path, server.url, tokenizer, [BY_COUNT, BY_TIME], places_of(release))
    try:
        wait_for(pod.listens, 120)
        counted, timed = run(pod, BY_COUNT), run(pod, BY_TIME, workers=2)
    finally:
        code = pod.close()
    told = pod.reports
    assert told.begun is not None and told.loaded is not None and told.tokenizer is not None
    assert (told.loaded["genai_bench"], told.tokenizer["ok"]) == (release, True)
    assert (counted.ended_by, timed.ended_by, timed.workers) == ("requests", "time", 2)
    assert [row.error for row in counted.rows if row.end is not None] == [None] * 30
    assert len(timed.rows) > 30 and all(row.error is None for row in timed.rows)
    assert {payload["model"] for payload in server.payloads} == {"tiny"}  # and not what OME asks for
    for level in (BY_COUNT, BY_TIME):
        path = find_level_file(pod.files, level)
        assert path is not None and read_level_file(path, level).rows
    assert code == 128 + signal.SIGTERM


@pytest.mark.parametrize("release", RUN_BY_THEMSELVES)
def test_a_release_that_the_launcher_does_not_know_does_what_ome_asked_and_its_files_are_read(
    release: str, server: Misbehaving, tokenizer: Path, tmp_path: Path
) -> None:
    pod = PodProcess(tmp_path, server.url, tokenizer, [BY_COUNT], places_of(release))
    try:
        path = wait_for(lambda: find_level_file(pod.files, BY_COUNT), 120)
        pod.reports.look()
    finally:
        pod.close()
    loaded = pod.reports.loaded
    assert loaded is not None and not loaded["patched"] and pod.reports.listening is None
    assert f"genai-bench {release} is not as expected" in why_by_itself(loaded)
    assert "TextSampler" in why_by_itself(loaded)
    rows = read_level_file(path, BY_COUNT).rows
    assert len(rows) >= 30 and all(row.error is None and row.e2e_latency for row in rows)
    assert {payload["model"] for payload in server.payloads} == {"vllm-model"}


def test_a_release_that_refuses_what_ome_asks_says_so_in_the_log(
    server: Misbehaving, tokenizer: Path, tmp_path: Path
) -> None:
    pod = PodProcess(tmp_path, server.url, tokenizer, [BY_COUNT], places_of(OLDEST))
    try:
        assert pod.process.wait(120) == 2
    finally:
        pod.close()
    pod.reports.look()
    assert "'sglang' is not one of" in pod.tail()[-1]
    assert f"genai-bench {OLDEST} is not as expected" in why_by_itself(pod.reports.loaded)


def test_rows_that_were_lost_in_the_log_are_told_again(
    server: Misbehaving, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def damaged(report: Report) -> bytes | None:
        seen.append(report)
        return None if len(seen) == 2 else unpacked(report)

    monkeypatch.setattr(reports, "unpacked", damaged)
    pod = PodProcess(tmp_path, server.url, tokenizer, [BY_COUNT, BY_TIME])
    try:
        wait_for(pod.listens, 120)
        measured = [run(pod, BY_TIME), run(pod, BY_COUNT)]  # nothing is brought from elsewhere
    finally:
        pod.close()
    assert not pod.reports.pieces.gap and len({report["at"] for report in seen}) < len(seen)
    assert pod.reports.pieces.path.read_bytes() == (pod.files / SAMPLES).read_bytes()
    assert [len(one.rows) >= 30 for one in measured] == [True, True]
