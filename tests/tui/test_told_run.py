"""The tuner's own log on the screen: the journal, told in words as it grows."""

from __future__ import annotations

import json
from pathlib import Path

from autotuner_core.run import events as ev
from autotuner_tui.logs.told_run import ToldRun
from recordings import beginning, scored, stamped


def written(path: Path, events: list[ev.Event]) -> None:
    path.write_text("".join(json.dumps(event.to_record()) + "\n" for event in events))


def read(told: ToldRun) -> list[str]:
    """All of it, as the reader takes it."""
    told.look()
    while told.behind:
        told.read_on()
    lines = told.lines(range(told.index.count))
    return [line.decode() for line in lines.values()]


def test_what_happened_is_told_in_words_and_goes_on_while_the_run_does(tmp_path: Path) -> None:
    events = stamped([*beginning(), *scored(1, 100.0)])
    path = tmp_path / "journal.jsonl"
    told = ToldRun(path)
    assert read(told) == [] and not told.there
    written(path, events[:5])
    first = read(told)
    assert any("run ab12 of task chat" in line for line in first)
    written(path, events)
    whole = read(told)
    assert whole[: len(first)] == first and any("scored 100 tokens/s" in line for line in whole)
