"""`plan --manifests`, and templates of one's own as `check` and `plan` see them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autotuner_tui.cli.main import main

NAME = "inference_service.yaml.j2"


@pytest.fixture
def spec_task(repository: Path) -> str:
    return str(repository / "examples" / "simple_task.json")


@pytest.fixture
def templates(repository: Path, tmp_path: Path) -> Path:
    """A copy of the program's own template."""
    (tmp_path / NAME).write_text((repository / "templates" / NAME).read_text())
    return tmp_path


def test_the_objects_of_a_run_are_shown_as_kubectl_reads_them(
    spec_task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", spec_task, "--manifests"]) == 0
    shown = list(YAML(typ="safe").load_all(capsys.readouterr().out))
    assert [body["metadata"]["name"] for body in shown] == [f"simple-tune-xxxx-exp{n}" for n in (1, 2, 3, 4)]
    assert (
        "was not read"
        in subprocess.run(
            [sys.executable, "-m", "autotuner_tui", "plan", spec_task, "--manifests"], capture_output=True, text=True
        ).stdout
    )
    assert main(["plan", spec_task, "--manifests", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["manifests"] == shown


def test_more_experiments_than_one_wants_to_read_are_shown_with_all(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = str(repository / "examples" / "all_keys.json")
    counts = {}
    for words in ([], ["--all"]):
        assert main(["plan", task, "--manifests", *words]) == 0
        out = capsys.readouterr().out
        counts[bool(words)] = out.count("kind: InferenceService")
        assert ("(--all shows them)" in out) == (not words)
    assert counts == {False: 20, True: 40}


def test_a_template_of_ones_own_is_what_is_shown(
    spec_task: str, templates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = templates / NAME
    template.write_text(template.read_text().replace("    runner:", "    schedulerName: volcano\n    runner:"))
    assert main(["plan", spec_task, "--manifests", "--templates", str(templates)]) == 0
    assert capsys.readouterr().out.count("schedulerName: volcano") == 4


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_a_faulty_template_refuses_the_task_before_anything_starts(
    command: str, spec_task: str, templates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = templates / NAME
    template.write_text(template.read_text().replace("{{ word | tojson }}", "{{ wrod | tojson }}"))
    assert main([command, spec_task, "--templates", str(templates)]) == 2
    out, err = capsys.readouterr()
    assert f"error: {template}, line 37: 'wrod' is undefined" in out + err
    assert main([command, spec_task, "--templates", str(templates / "nowhere")]) == 2
    assert "there is no folder" in "".join(capsys.readouterr())


def test_a_value_that_a_template_cannot_carry_is_found_in_whichever_experiment_it_is(
    repository: Path, templates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = json.loads((repository / "examples" / "simple_task.json").read_text())
    task["parameters"]["chat_template"] = {"type": "choice", "values": ["plain", "a: b"]}
    del task["optimization"]["max_iterations"]
    file, template = templates / "task.json", templates / NAME
    file.write_text(json.dumps(task))
    template.write_text(template.read_text().replace("args:", "args:\n      - --chat-template={{ chat_template }}"))
    assert main(["check", str(file), "--templates", str(templates)]) == 2
    assert "'a: b' would not stay one value" in capsys.readouterr().out


def test_a_task_for_this_machine_has_no_objects(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(repository / "examples" / "local_demo.json"), "--manifests"]) == 2
    assert "makes no objects in a cluster" in capsys.readouterr().err
