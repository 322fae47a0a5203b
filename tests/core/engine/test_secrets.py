"""A secret that an engine prints is in no record of the run."""

from __future__ import annotations

from pathlib import Path

from autotuner_core.engine.secrets import Secrets
from autotuner_core.run import events as ev


def test_a_secret_in_the_evidence_of_a_failure_is_hidden() -> None:
    secrets = Secrets({"HF_TOKEN": "hf_abcdef"}, {"DB_PASSWORD": "hunter22", "MODE": "fastest"})
    ended = ev.AttemptEnded(
        experiment=1, attempt=1, outcome="failed", message="bad hunter22", evidence=("with hf_abcdef", "fastest")
    )
    hidden = secrets.hidden_in(ended)
    assert isinstance(hidden, ev.AttemptEnded)
    assert (hidden.message, hidden.evidence) == ("bad ***", ("with ***", "fastest"))


def test_what_holds_no_secret_is_left_as_it_is() -> None:
    secrets = Secrets({"HF_TOKEN": "hf_abcdef", "API_KEY": "x"})
    queued = ev.ExperimentQueued(experiment=1, parameters={"a": "x"})
    assert secrets.hidden_in(queued) is queued


def test_a_finished_log_is_cleared_of_secrets(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_bytes(b"start\ntoken=hf_abcdef \xff\nend\n")
    Secrets({"HF_TOKEN": "hf_abcdef"}).hide_in_file(log)
    assert log.read_bytes() == b"start\ntoken=*** \xff\nend\n"
    Secrets({"HF_TOKEN": "hf_abcdef"}).hide_in_file(tmp_path / "none.log")
    assert [path.name for path in tmp_path.iterdir()] == ["engine.log"]
