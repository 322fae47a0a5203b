from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from autotuner_core.resources import examples
from autotuner_core.task.load import load_task
from autotuner_tui.cli.commands.new import description_of
from autotuner_tui.cli.main import main

NAME = next(iter(examples()), "local_demo")


def test_an_example_is_written_where_asked_and_never_over_a_file_of_yours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.json"
    assert main(["new", NAME, "--output", str(target)]) == 0
    written, example = (json.loads(path.read_text(encoding="utf-8")) for path in (target, examples()[NAME]))
    schema = urlsplit(written.pop("$schema"))
    assert schema.scheme == "file" and Path(unquote(schema.path)).is_file()  # editors find it from anywhere
    example.pop("$schema", None)
    assert written == example
    target.write_text("precious")
    assert main(["new", NAME, "--output", str(target)]) == 2
    assert target.read_text() == "precious"
    assert "--force" in capsys.readouterr().err
    assert main(["new", NAME, "--output", str(target), "--force"]) == 0
    written, example = (json.loads(path.read_text(encoding="utf-8")) for path in (target, examples()[NAME]))
    schema = urlsplit(written.pop("$schema"))
    assert schema.scheme == "file" and Path(unquote(schema.path)).is_file()  # editors find it from anywhere
    example.pop("$schema", None)
    assert written == example


def test_without_a_name_the_examples_are_listed_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in examples())
    assert "simple_task     A small task for OME" in listed and "…" not in listed


def test_an_unknown_example_and_a_folder_that_is_not_there_are_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "nonsense"]) == 2
    assert NAME in capsys.readouterr().err
    assert main(["new", NAME, "--output", str(tmp_path / "no" / "where.json")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_the_doctor_looks_at_everything_a_local_run_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--results-dir", str(tmp_path / "results")]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks.keys() >= {
        "Python",
        "genai-bench",
        "GPUs",
        "cores",
        "memory",
        "open files",
        "results folder",
        "kubectl",
    }
    assert all(check["cure"] for check in checks.values() if check["health"] != "ok")
    assert not (tmp_path / "results").exists(), "looking must not leave anything"


def test_a_results_folder_that_cannot_be_written_is_exit_code_1_with_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["doctor", "--results-dir", str(tmp_path / "file" / "results")]) == 1
    assert "name another with --results-dir" in capsys.readouterr().out


def test_a_yaml_example_is_not_written_into_a_json_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.json"
    assert main(["new", "local_command", "--output", str(target)]) == 2
    assert not target.exists() and "mine.yaml" in capsys.readouterr().err


def test_an_example_is_told_by_its_own_description() -> None:
    for name, path in examples().items():
        if name != "simple_task":
            assert description_of(path) == load_task(path).task.description != "", name
