"""A cluster that `clean` cannot reach is told, and the rest is cleaned all the same."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from autotuner_core.run.events import RunStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import record_run
from autotuner_core.run.journal import Journal
from autotuner_tui.cli.main import main


@pytest.fixture
def half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a run of this machine left, which used a cluster whose kubeconfig is no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("autotuner_core.engine.leftovers.find_orphans", list)  # what else this machine has is not ours
    run = RunFolder(tmp_path / "results" / "chat" / "ab12")
    run.root.mkdir(parents=True)
    placement = {"kubeconfig": str(tmp_path / "gone"), "context": "c", "server": "https://127.0.0.1:1"}
    Journal(run.journal).record(RunStarted(run_id="ab12", task={}, plan={}, placement=placement))
    record_run(run)
    part = run.root / "results.json.part"
    part.write_text("{")
    os.utime(part, (time.time() - 1000,) * 2)
    return part


def test_a_cluster_of_a_recorded_run_that_is_gone_is_a_warning(
    half_written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["clean", "--yes"]) == 0
    assert not half_written.exists()
    assert "gone does not exist" in capsys.readouterr().err


def test_a_cluster_that_was_named_and_cannot_be_reached_makes_exit_code_3(
    half_written: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["clean", "--yes", "--cluster"]) == 3
    assert not half_written.exists()
    assert "no way into a cluster" in capsys.readouterr().err
    assert main(["clean", "--kubeconfig", str(tmp_path / "nowhere")]) == 2
