"""What a launcher in a pod says comes whole, or is known not to."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.benchmark.job.reports import MARK, JobReports, Pieces, report_in


def piece(data: bytes, at: int, **other: Any) -> dict[str, Any]:
    """As the launcher sends it."""
    packed = base64.b64encode(zlib.compress(data)).decode()
    return {"report": "piece", "name": "samples.jsonl", "at": at, "crc": zlib.crc32(data), "data": packed, **other}


def line(report: dict[str, Any]) -> str:
    """A line of the log."""
    return MARK + json.dumps(report) + "\n"


def reports(folder: Path) -> JobReports:
    """Of a pod whose raw log is `raw`."""
    return JobReports(folder / "raw", folder / "benchmark.log", folder / "samples.jsonl")


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5), twice=st.booleans())
def test_rows_come_as_they_were_written_however_they_are_cut_and_repeated(
    data: bytes, cuts: list[int], twice: bool, tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "samples.jsonl"
    path.write_bytes(b"an earlier job's\n")
    pieces = Pieces(path)
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(edges):
        for _ in range(2 if twice else 1):
            pieces.take(piece(data[start:end], start))
    assert path.read_bytes() == b"an earlier job's\n" + data
    assert pieces.is_whole({"size": len(data), "crc": zlib.crc32(data)})


def test_a_piece_that_was_lost_is_noticed_and_nothing_is_put_in_its_place(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path / "samples.jsonl")
    pieces.take(piece(b"one\n", 0))
    pieces.take(piece(b"three\n", 8))
    assert pieces.gap and not pieces.is_whole({"size": 14, "crc": zlib.crc32(b"one\ntwo\nthree\n")})
    assert pieces.path.read_bytes() == b"one\n"


def test_a_damaged_piece_is_not_taken_for_rows(tmp_path: Path) -> None:
    for other in ({"crc": 1}, {"data": "%%%"}, {"data": base64.b64encode(b"no zlib").decode()}):
        pieces = Pieces(tmp_path / "samples.jsonl")
        pieces.take({**piece(b"one\n", 0), **other})
        assert pieces.gap and not pieces.path.exists()


def test_what_others_print_goes_to_the_log_that_people_read(tmp_path: Path) -> None:
    told = reports(tmp_path)
    raw = tmp_path / "raw"
    raw.write_text("a line of genai-bench\n" + line({"report": "loaded", "patched": True}) + MARK + "{torn")
    told.look()
    assert told.loaded == {"report": "loaded", "patched": True}
    assert (tmp_path / "benchmark.log").read_text() == "a line of genai-bench\n"
    with raw.open("a") as file:
        file.write("}\nanother\n")
    told.look()
    assert (tmp_path / "benchmark.log").read_text().splitlines()[0] == "a line of genai-bench"
    assert "another" in (tmp_path / "benchmark.log").read_text()


def test_a_level_is_over_when_all_its_load_generators_are(tmp_path: Path) -> None:
    told = reports(tmp_path)
    fork = told.expect(3, 2)
    end = {"report": "exited", "id": 3, "pid": 7, "status": 0}
    whole = {"report": "whole", "id": 3, "name": "samples.jsonl", "size": 0, "crc": 0}
    raw = tmp_path / "raw"
    raw.write_text(line(end) + line({**end, "id": 2}))
    told.look()
    assert not fork.gone
    with raw.open("a") as file:
        file.write(line(whole) + line({**end, "pid": 8}))
    told.look()
    assert fork.gone and fork.whole is not None and told.pieces.is_whole(fork.whole)


def test_a_log_that_only_looks_like_reports_is_passed_over() -> None:
    assert report_in(MARK + "[1]") is None
    assert report_in(MARK + '{"no": "report"}') is None
    assert report_in(MARK + "{") is None
    assert report_in("{}") is None


ORDER = {"report": "order", "id": 2, "settings": {"levels": [{"index": 1, "seed": 7}], "workers": 2}}


@given(
    data=st.lists(st.integers(0, 9).map(lambda n: b'{"row": %d}\n' % n), min_size=1, max_size=6).map(b"".join),
    known=st.integers(0, 80),
    before=st.sampled_from([b"", b"an earlier job's\n", b"torn", b'{"row": 1}\n']),
)
def test_who_takes_over_finds_each_row_once_however_many_had_come(
    data: bytes, known: int, before: bytes, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("again")
    rows, raw = folder / "samples.jsonl", folder / "raw"
    first = b'{"mono": 17.03}\n'
    data, known = first + data, len(first) + min(known, len(data))
    torn = b"\n" if before == b"torn" else b""
    rows.write_bytes(before + torn + data[:known])
    raw.write_text(line(piece(data[:5], 0)) + line(piece(data[5:], 5)) + "said\n")
    again = JobReports(raw, folder / "benchmark.log", rows, again=True)
    again.look()
    assert rows.read_bytes() == before + torn + data
    assert again.pieces.is_whole({"size": len(data), "crc": zlib.crc32(data)})
    again.pieces.take(piece(b"next\n", len(data)))
    assert rows.read_bytes().endswith(b"}\nnext\n")


def test_who_takes_over_knows_what_was_begun_and_how_it_ended(tmp_path: Path) -> None:
    raw, log = tmp_path / "raw", tmp_path / "benchmark.log"
    log.write_text("an earlier job's\nsaid\n")
    raw.write_text("said\n" + line(ORDER) + line({"report": "answer", "id": "x"}) + "and said\n")
    again = JobReports(raw, log, tmp_path / "samples.jsonl", again=True)
    again.look()
    fork = again.last
    assert fork is not None and (fork.number, fork.size, fork.level) == (2, 2, {"index": 1, "seed": 7})
    assert again.answers == {"x"}
    assert log.read_text() == "an earlier job's\nsaid\nand said\n"
    end = {"report": "exited", "id": 2, "pid": 5, "status": 0}
    with raw.open("a") as file:
        file.write(line(end) + line(end))  # a log that was asked for again may tell it twice
    again.look()
    assert not fork.gone
    with raw.open("a") as file:
        file.write(line({**end, "pid": 6, "status": 9}))
    again.look()
    assert fork.gone and fork.status == 9


def test_a_line_that_was_torn_does_not_swallow_the_next_jobs_first(tmp_path: Path) -> None:
    pieces = Pieces(tmp_path / "samples.jsonl")
    pieces.path.write_bytes(b'{"kind": "lev')
    pieces.take(piece(b"one\n", 0))
    assert pieces.path.read_bytes() == b'{"kind": "lev\none\n'
