"""What the host says to whoever started it: once, and never into a file that is another's by then."""

from __future__ import annotations

import os
from pathlib import Path

from autotuner_tui.host.answer import Answer, begun_line, folder_in


def test_a_fault_after_the_answer_writes_into_no_file_that_was_opened_since(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    answer = Answer(writing)
    answer.say(begun_line(tmp_path))
    journal = os.open(tmp_path / "journal.jsonl", os.O_RDWR | os.O_CREAT)
    try:
        assert journal == writing, "a descriptor that was closed is given out anew"
        answer.say(b"refused\n")
        assert os.fstat(journal).st_size == 0, "and is neither written to nor closed"
        with os.fdopen(reading, "rb") as told:
            assert folder_in(told.read()) == tmp_path
    finally:
        os.close(journal)


def test_a_starter_that_has_gone_is_no_fault_of_the_hosts(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    Answer(writing).say(begun_line(tmp_path))
