"""What engines count of themselves: read by whatever name they have for it, and never in the way of a level."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark import metrics_watch
from autotuner_core.benchmark.metrics_figures import LevelLooks, figures_of
from autotuner_core.benchmark.metrics_reading import Reading, read_metrics, tables_for
from autotuner_core.benchmark.metrics_watch import MetricsWatch
from autotuner_core.engines.metric_names import ENGINE_FIGURES
from autotuner_core.engines.profile import PROFILE_NAMES, profile_for
from engine_pages import PAGES, Counts
from misbehaving import Misbehaving
from waiting import wait_for

COUNTS = Counts(running=3, waiting=2, cache_usage=0.12, preemptions=5, prompt_tokens=1000, cached_tokens=250)
ALL = {
    "requests_running": 3, "requests_waiting": 2, "kv_cache_usage": 0.12, "preemptions": 5,
    "prefix_cache_queries": 1000, "prefix_cache_hits": 250,
}  # fmt: skip
NOT_TOLD = {
    "llama.cpp": {"kv_cache_usage", "preemptions"},
    "llama.cpp-2025": {"preemptions", "prefix_cache_queries", "prefix_cache_hits"},
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks as often as a test wants them; the last one may take its time on a busy machine."""
    monkeypatch.setattr(metrics_watch, "EVERY", 0.01)
    monkeypatch.setattr(metrics_watch, "LAST_LOOK_SECONDS", 30.0)


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_of_each_engine_and_version_are_found_also_where_the_engine_is_not_known(page: str) -> None:
    told = {name: value for name, value in ALL.items() if name not in NOT_TOLD.get(page, ())}
    engine = page.split("-")[0]
    assert read_metrics(PAGES[page](COUNTS), tables_for(profile_for(engine))) == Reading(engine, told)
    assert read_metrics(PAGES[page](COUNTS), tables_for(None)) == Reading(engine, told)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_profile_names_the_figures_their_source_and_the_parameters_that_bound_them(name: str) -> None:
    profile = profile_for(name)
    assert {"requests_running", "requests_waiting", "kv_cache_usage"} <= set(profile.metrics) <= set(ENGINE_FIGURES)
    assert "https://" in profile.metrics_source
    for entry in profile.metrics.values():
        assert all(profile.find(parameter) is not None for parameter in entry.limits)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_our_command_line_switches_the_page_on(name: str) -> None:
    profile = profile_for(name)
    assert profile.metrics_flag is None or profile.metrics_flag in profile.command


def test_data_parallel_copies_are_added_up_and_the_processes_of_one_copy_are_not() -> None:
    page = "".join(
        f'{name}{{dp_rank="{dp}",tp_rank="{tp}",pid="{dp}{tp}"}} {value + dp}\n'
        for name, value in (("sglang:num_running_reqs", 10), ("sglang:token_usage", 0.5))
        for dp in (0, 1)
        for tp in (0, 1)
    )
    reading = read_metrics(page, tables_for(None))
    assert reading is not None
    assert reading.values == {"requests_running": 21, "kv_cache_usage": 1.5}


def test_the_page_of_another_engine_tells_nothing() -> None:
    assert read_metrics(PAGES["vllm"](COUNTS), tables_for(profile_for("sglang"))) is None
    assert read_metrics("trtllm_requests 3\n", tables_for(None)) is None


def test_no_value_that_is_not_a_number_gets_into_the_record() -> None:
    assert read_metrics("llamacpp:requests_processing nan\nvllm:num_requests_running +Inf\n", tables_for(None)) is None


def looks(*values: dict[str, float], bounds: bool = True) -> LevelLooks:
    result = LevelLooks(1)
    for number, value in enumerate(values):
        result.add(Reading("vllm", value), at_bound=bounds and number in (0, len(values) - 1))
    return result


def test_gauges_are_those_under_load_and_counters_what_the_level_added() -> None:
    idle, counted = {"requests_running": 0.0}, {"prefix_cache_queries": 100.0, "prefix_cache_hits": 50.0}
    later = {"prefix_cache_queries": 300.0, "prefix_cache_hits": 60.0, "preemptions": 2.0}
    figures = figures_of(looks(idle | counted, {"requests_running": 2.0}, {"requests_running": 4.0}, idle | later))
    assert figures["requests_running"] == {"mean": 3.0, "max": 4.0}
    assert (figures["prefix_cache_queries"], figures["prefix_cache_hits"]) == (200, 10)
    assert figures["prefix_cache_hit_rate"] == 0.05
    assert figures["preemptions"] == 2, "a counter that is not shown before it counts began at 0"
    assert (figures["engine"], figures["looks"]) == ("vllm", 2)


def test_nothing_is_made_up_of_what_was_not_told() -> None:
    assert figures_of(LevelLooks(1)) == {}
    assert set(figures_of(looks({"preemptions": 3.0}))) == {"engine", "looks"}, "one look tells of no increase"


def test_a_level_has_what_the_engine_counted_and_the_stream_has_every_look(tmp_path: Path, quick: None) -> None:
    stream = tmp_path / "engine_metrics.jsonl"
    with Misbehaving(metrics="sglang") as server:
        watch = MetricsWatch(server.url, None, stream)
        watch.begin(1)
        wait_for(lambda: stream.exists() and stream.read_text(), what="the first look")
        with server.lock:
            server.running, server.answering, server.prompt_tokens = 5, 4, 700
        wait_for(lambda: '"requests_running": 4.0' in stream.read_text(), what="a look under load")
        figures = watch.end()
        watch.close()
    assert figures["engine"] == "sglang" and figures["looks"] >= 1
    assert figures["requests_running"]["max"] == 4 and figures["requests_waiting"]["max"] == 1
    assert (figures["prefix_cache_queries"], figures["prefix_cache_hit_rate"]) == (700, 0)
    lines = [json.loads(line) for line in stream.read_text().splitlines()]
    assert all({"ts", "mono", "level", "requests_running"} <= set(line) for line in lines)


def test_levels_do_not_wait_for_an_engine_that_hangs_on_its_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_watch, "TIMEOUT", 600.0)  # longer than the test may take
    monkeypatch.setattr(metrics_watch, "LAST_LOOK_SECONDS", 600.0)
    with Misbehaving(metrics="hang") as server:
        watch = MetricsWatch(server.url, None, tmp_path / "stream")
        for level in range(3):
            watch.begin(level)
            assert watch.end() == {}
        watch.close()


def test_no_level_waits_for_an_engine_that_hangs_on_its_metrics_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_watch, "TIMEOUT", 600.0)  # longer than the test may take
    stream, figures = tmp_path / "stream", list[dict[str, Any]]()
    with Misbehaving(metrics="vllm") as server:
        watch = MetricsWatch(server.url, None, stream)
        watch.begin(1)
        wait_for(lambda: stream.exists() and stream.read_text(), what="the first look")
        server.metrics = "hang"
        ending = threading.Thread(target=lambda: figures.append(watch.end()), daemon=True)
        ending.start()
        wait_for(lambda: figures, 10.0, what="the level's end while the page still hangs")
        watch.close()
    assert figures[0]["engine"] == "vllm"


def test_a_page_without_an_end_is_read_as_far_as_pages_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's memory is not the engine's to fill."""
    monkeypatch.setattr(metrics_watch, "TIMEOUT", 600.0)
    monkeypatch.setattr(metrics_watch, "MOST_BYTES", 100_000)
    stream = tmp_path / "stream"
    with Misbehaving(metrics="endless") as server:
        watch = MetricsWatch(server.url, None, stream)
        watch.begin(1)
        wait_for(lambda: stream.exists() and stream.read_text(), what="a look at a page that goes on")
        watch.close()


def test_an_engine_without_metrics_has_no_figures_and_leaves_no_file(tmp_path: Path, quick: None) -> None:
    with Misbehaving() as without, Misbehaving() as gone:
        gone.http.server_close()
        for url in (without.url, gone.url):
            watch = MetricsWatch(url, profile_for("vllm"), tmp_path / "stream")
            watch.begin(1)
            assert watch.end() == {}
            watch.close()
    assert not (tmp_path / "stream").exists()


def test_a_stream_that_cannot_be_written_costs_a_level_nothing(tmp_path: Path, quick: None) -> None:
    with Misbehaving(metrics="vllm") as server:
        watch = MetricsWatch(server.url, None, tmp_path / "removed" / "stream")
        watch.begin(1)
        wait_for(lambda: not watch._keeps, what="the thread to give the stream up")
        assert watch.end()["engine"] == "vllm"
        watch.close()
