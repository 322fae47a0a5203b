"""The results file: a long run does not stand still for it, and it is its own host's alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.engine import host as module
from autotuner_core.engine.host import Host
from autotuner_core.report import ranking
from autotuner_core.report.results import results_document
from autotuner_core.run.events import RunNote
from autotuner_core.run.journal import JournalWriteError
from autotuner_core.run.run_state import RunState
from autotuner_core.scoring.better import tie
from tests.core.engine.held import held
from tests.core.report.small_runs import queued, scored, state_of


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = held(tmp_path / "results")
    yield made
    made.close()


def test_the_run_goes_on_while_its_results_are_written(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause or a level's end must not wait for a large file."""
    parts: list[str] = []

    def in_the_middle(name: str) -> Any:
        part = getattr(module, name)

        def watched(*arguments: Any) -> Any:
            recorder = threading.Thread(target=host.run.ledger.record, args=(RunNote(text=name),), daemon=True)
            recorder.start()
            recorder.join(30)
            assert not recorder.is_alive(), f"nothing can be recorded while {name} is under way"
            parts.append(name)
            return part(*arguments)

        return watched

    monkeypatch.setattr(module, "write_results", in_the_middle("write_results"))
    host._save_results()
    assert parts == ["write_results"] and host.folder.results_file.exists()


def test_a_host_that_lost_its_run_leaves_the_results_of_who_has_it_now(host: Host) -> None:
    host.folder.results_file.write_text('{"run_id": "its"}')
    lock = host.folder.host_lock
    lock.write_text(json.dumps({**json.loads(lock.read_text()), "token": "another's"}))
    with pytest.raises(JournalWriteError, match="taken over"):
        host._save_results()
    assert host.folder.results_file.read_text() == '{"run_id": "its"}'


@pytest.mark.parametrize("many", [20, 200])
def test_results_take_no_longer_for_each_than_they_did_for_the_first(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def counted(*arguments: Any) -> bool:
        compared.append(arguments)
        return tie(*arguments)

    monkeypatch.setattr(ranking, "tie", counted)
    state: RunState = state_of(*(queued(n) for n in range(many)), *(scored(n, 100.0 + n) for n in range(many)))
    results = results_document(state)["all_results"]
    assert len(results) == many and sum(result["tied_with_best"] for result in results) > 1
    assert len(compared) < many
