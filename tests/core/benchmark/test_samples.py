"""Reading samples.jsonl: the only record of single requests, which scores are computed from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.samples import SampleStream, read_samples


def level(index: int = 1) -> dict[str, Any]:
    return {"kind": "level", "level": index, "scenario": "D(10,3)", "concurrency": 2, "wall": 1e9, "mono": 100.0}


def request(start: float, index: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "kind": "request", "level": index, "start": start, "first": start + 0.1, "end": start + 0.3,
        "chunks": [start + 0.1, start + 0.2, start + 0.3], "in": 10, "out": 3, "error": None, "message": "",
    }  # fmt: skip
    return {**row, **changes}


def tick(mono: float, cpu: float, lag: float, worst: float) -> dict[str, Any]:
    return {
        "kind": "tick", "level": 1, "mono": mono, "running": 2, "done": 1, "errors": 0,
        "lag": lag, "lag_max": worst, "cpu": cpu,
    }  # fmt: skip


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_rows_come_back_as_they_were_written_in_order_of_start(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl",
        level(),
        request(101.0),
        request(100.5, error=503, message="busy", first=None, end=100.6, chunks=[], out=0),
        request(101.2, end=None, chunks=[101.3], out=1),
        {"kind": "level_end", "level": 1, "mono": 101.4, "ended_by": "time"},
    )
    samples = read_samples(path)[1]
    assert [row.start for row in samples.rows] == [100.5, 101.0, 101.2]
    failed, whole, cut = samples.rows
    assert (failed.error, failed.error_message, failed.first_token) == (503, "busy", None)
    assert (whole.end, whole.chunks, whole.output_tokens) == (101.3, (101.1, 101.2, 101.3), 3)
    assert (cut.end, cut.output_tokens) == (None, 1)
    assert (samples.started, samples.ended, samples.end["ended_by"]) == (100.5, 101.4, "time")


def test_a_torn_last_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", level())
    stream = SampleStream(path)
    assert len(stream.poll()) == 1
    line = json.dumps(request(101.0))
    with path.open("a") as file:
        file.write(line[:40])
    assert stream.poll() == []
    with path.open("a") as file:
        file.write(line[40:] + "\n")
    assert [record["start"] for record in stream.poll()] == [101.0]


def test_a_line_torn_by_a_killed_writer_costs_only_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", level(), request(101.0))
    with path.open("a") as file:
        file.write('{"kind":"request","lev\n')
        file.write(json.dumps(request(102.0)) + "\n")
    stream = SampleStream(path)
    assert len(stream.poll()) == 3
    assert stream.damaged == 1
    assert len(read_samples(path)[1].rows) == 2


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_not_a_number_never_becomes_a_row(tmp_path: Path, word: str) -> None:
    path = write(tmp_path / "samples.jsonl", level())
    with path.open("a") as file:
        file.write(json.dumps(request(101.0)).replace("101.3", word) + "\n")
    assert read_samples(path)[1].rows == []


def test_a_level_begun_again_counts_from_its_second_beginning(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", level(), request(101.0), level(), request(102.0), request(103.0))
    assert [row.start for row in read_samples(path)[1].rows] == [102.0, 103.0]


def test_a_level_cut_off_ends_with_the_last_thing_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", level(), request(101.0), tick(101.9, 0.1, 0.001, 0.002))
    samples = read_samples(path)[1]
    assert samples.ended == 101.9
    assert samples.end == {}


def test_ticks_tell_how_hard_the_load_generator_worked(tmp_path: Path) -> None:
    path = write(
        tmp_path / "samples.jsonl",
        level(),
        tick(100.5, 0.2, 0.001, 0.002),
        tick(101.0, 0.4, 0.003, 0.050),
        tick(101.5, 0.6, 0.002, 0.004),
    )
    client = read_samples(path)[1].client
    assert client is not None
    assert client.cpu_share == pytest.approx(0.4)
    assert (client.lag_median, client.lag_worst) == (0.002, 0.050)


def test_of_several_load_generators_the_worst_one_counts(tmp_path: Path) -> None:
    idle, busy = {"worker": 0, "wait": 0.0}, {"worker": 1, "wait": 0.5}
    path = write(
        tmp_path / "samples.jsonl",
        level(),
        tick(100.5, 0.4, 0.009, 0.010) | idle,
        tick(100.5, 0.3, 0.001, 0.030) | busy,
        tick(101.0, 0.4, 0.009, 0.010) | idle,
        tick(101.0, 0.5, 0.001, 0.002) | busy,
    )
    client = read_samples(path)[1].client
    assert client is not None
    # 0.4 of a core used where it could have had half of one: busier than 0.4 of a whole one.
    assert (client.cpu_share, client.wait_share, client.busy) == pytest.approx((0.4, 0.5, 0.8))
    assert (client.lag_median, client.lag_worst) == (0.009, 0.030)


def test_a_newer_kind_of_line_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "samples.jsonl", level(), {"kind": "weather", "level": 1}, request(101.0))
    assert len(read_samples(path)[1].rows) == 1


def test_no_file_is_no_levels(tmp_path: Path) -> None:
    assert read_samples(tmp_path / "samples.jsonl") == {}
