"""Whatever stands in a file of a run or comes through a socket: it is a value, or a ValueError."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_core.benchmark.samples import SampleStream
from autotuner_core.json_value import json_value
from autotuner_core.run.holders import holder_in
from autotuner_core.run.journal import read_journal
from autotuner_core.steer.protocol import ProtocolError, command_of
from samples import append, level

DEEP = "[" * 200_000


@pytest.mark.parametrize("text", [DEEP, '{"a":' * 100_000, b"\xff\xfe\x00", "", "{"])
def test_a_text_that_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        json_value(text)


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", '{"a": Infinity}'])
def test_what_is_no_number_is_none_where_numbers_are_computed_with(text: str) -> None:
    with pytest.raises(ValueError):
        json_value(text, finite=True)
    assert json_value(text) is not None


def test_a_deeply_nested_line_ends_neither_a_view_nor_a_host(tmp_path: Path) -> None:
    append(tmp_path / "samples.jsonl", DEEP + "\n", level(1))
    assert [record["level"] for record in SampleStream(tmp_path / "samples.jsonl").poll(1 << 30)] == [1]
    (tmp_path / "journal.jsonl").write_text(DEEP + "\n")
    assert read_journal(tmp_path / "journal.jsonl") == []
    assert holder_in(DEEP.encode()) is None


def test_a_configuration_by_hand_with_no_number_in_it_never_reaches_the_record() -> None:
    with pytest.raises(ProtocolError):
        command_of(b'{"v":1,"id":"x","command":"add","arguments":{"parameters":{"a":NaN}}}')
