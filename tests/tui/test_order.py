"""Runs that cannot be taken in hand: refused with the words that help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autotuner_core.engine.held_run import HostOptions
from autotuner_tui.cli.exits import UserError
from autotuner_tui.host.order import GoOn
from tests.core.engine.held import held


def test_a_run_under_way_is_named_with_what_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    host = held(tmp_path / "results")
    try:
        with pytest.raises(UserError) as raised:
            GoOn(host.folder, HostOptions()).take_in_hand()
    finally:
        host.close()
    run_id = host.folder.run_id
    assert raised.value.message == f"run {run_id} is under way (process {os.getpid()})"
    assert f"`autotuner-tui attach {run_id}` shows it" in raised.value.cure
