from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autotuner_tui.cli.main import main


def test_access_rights_for_a_namespace_are_written_as_kubectl_reads_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "rights.yaml"
    assert main(["new", "--rbac", "--namespace", "ml", "--output", str(target)]) == 0
    assert f"kubectl apply -f {target}" in capsys.readouterr().out
    bodies = list(YAML(typ="safe", pure=True).load_all(target.read_text()))
    assert {body["metadata"]["namespace"] for body in bodies if "namespace" in body["metadata"]} == {"ml"}
    assert main(["new", "--rbac", "--output", str(target)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_two_sources_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--rbac", "--from-isvc", "x"]) == 2
    assert main(["new", "local_demo", "--rbac"]) == 2
    assert "is an example" in capsys.readouterr().err


def test_a_kubeconfig_that_is_not_there_is_told_with_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "--from-isvc", "chat", "--kubeconfig", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    assert "none" in said and "--kubeconfig" in said
