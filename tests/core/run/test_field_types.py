"""What a fault of the disk or a hand has put into a journal is passed over and told, whatever it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.run.events import EVENT_TYPES, event_from_record
from autotuner_core.run.events.field_types import wrong_field
from autotuner_core.run.journal import JournalFollower
from autotuner_core.run.run_state import RunState
from recordings import beginning, scored, stamped

RECORDS = [event.to_record() for event in stamped([*beginning(2), *scored(1, 10.0)])]
ENDED = RECORDS[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": [1]}, {"ts": {}}, {"ts": "now"}, {"ts": -1e308}, {"ts": 1e300}, {"v": None}, {"type": {}},
        {"experiment": []}, {"experiment": "1"}, {"attempt": {"a": 1}}, {"score": "10"}, {"score": float("nan")},
        {"miss": float("inf")}, {"feasible": 1}, {"metrics": [1]}, {"evidence": "x"}, {"evidence": [1]}, {"cause": 5},
        {"seq": True},
    ],
)  # fmt: skip
def test_an_event_whose_field_is_of_another_type_costs_that_event_and_not_the_run(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    journal = tmp_path / "journal.jsonl"
    lines = [json.dumps(record) for record in [*RECORDS[:-1], {**ENDED, **wrong}]]
    journal.write_text("\n".join(lines) + "\n" + "[" * 100_000 + "\n")
    follower = JournalFollower(journal)
    state = RunState.of(follower.poll())
    assert follower.damaged == 2
    assert state.run_id == "ab12" and state.experiments[1].status == "running"


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan": {"levels": None}}, {"plan": {"levels": -1}}, {"plan": {"levels": 10**9}}, {"plan": {"levels": "two"}},
        {"plan": {"levels": ["two"]}}, {"plan": {"levels": [{"index": "1"}]}}, {"plan": {"levels": [{"index": None}]}},
        {"plan": {"baseline": {}}}, {"task": {"optimization": None}}, {"task": {"optimization": {"slo": [1]}}},
        {"task": {"benchmark": "cold"}}, {"task": {"fixed": [1]}}, {"task": {"task_name": {}}},
    ],
)  # fmt: skip
def test_a_beginning_of_another_shape_costs_that_event_before_anybody_computes_with_it(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="of another shape"):
        event_from_record({**RECORDS[0], **wrong})


def test_each_event_s_own_record_is_one() -> None:
    for record in RECORDS:
        event_from_record(json.loads(json.dumps(record)))
    assert all(wrong_field(kind, {}) is None for kind in EVENT_TYPES.values())
