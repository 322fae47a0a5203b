"""The usual commands of engines, with stand-ins on the PATH that check how they are called."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from autotuner_core.control import Interrupted
from autotuner_core.deploy.local import tiny_model
from autotuner_core.run.events import RunNote

from .conftest import STUB, Place

GPU = {"gpus": [0, 1]}


def program(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def applied(place: Place) -> list[str]:
    text = (place.folder / "exp1" / "attempt1" / "command.json").read_text(encoding="utf-8")
    argv: list[str] = json.loads(text)["argv"]
    return argv


def test_vllm_is_started_wrongly(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f'#!/bin/sh\n[ "$1 $2" = "serve org/model" ] || exit 9\nshift 2\nexec "{sys.executable}" "{STUB}" "$@"\n'
    program(tmp_path / "bin", "vllm", script, monkeypatch)
    deployer = place.deployer(local={"engine": "vllm", **GPU}, model={"name": "org/model"})
    server = place.deploy(deployer, tp_size=2)
    assert server.gpus == ("0", "1")
    endpoint = server.wait_ready(place.scope, 30)
    assert endpoint.model_name == "org/model"
    assert applied(place)[-2:] == ["--tensor-parallel-size", "2"]
    assert not server.flush_cache(place.scope)  # this stand-in knows no /reset_prefix_cache
    server.stop()


def test_sglang_is_started_wrongly(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "packages" / "sglang"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "launch_server.py").write_text(f"import runpy; runpy.run_path({str(STUB)!r})\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    deployer = place.deployer(local={"engine": "sglang", **GPU}, model={"name": "org/model"})
    server = place.deploy(deployer, tp_size=1)
    server.wait_ready(place.scope, 30)
    assert server.gpus == ("0",)
    assert server.flush_cache(place.scope)
    place.control.skip(1)
    with pytest.raises(Interrupted):
        server.flush_cache(place.scope)
    server.stop()


def test_llama_server_is_started_wrongly_or_keeps_its_prompts(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'#!/bin/sh\nexec "{sys.executable}" -m autotuner_core.deploy.local.bundled_server "$@"\n'
    program(tmp_path / "bin", "llama-server", script, monkeypatch)
    model = str(tiny_model.model_file())
    deployer = place.deployer(local={"engine": "llama-server"}, model={"name": model})
    server = place.deploy(deployer, threads=1, ctx_size=2048)
    endpoint = server.wait_ready(place.scope, 60)
    assert endpoint.model_name == "tiny"  # the file's name, without its folder
    assert "--cache-ram" in applied(place)
    assert server.flush_cache(place.scope)
    server.stop()


def test_another_model_than_the_one_asked_for_is_measured_without_a_word(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'#!/bin/sh\nexec "{sys.executable}" -m autotuner_core.deploy.local.bundled_server "$@" --alias tiny\n'
    program(tmp_path / "bin", "llama-server", script, monkeypatch)
    model = str(tiny_model.model_file())
    deployer = place.deployer(local={"engine": "llama-server"}, model={"name": model}, benchmark={"model_name": "mine"})
    server = place.deploy(deployer, threads=1, ctx_size=2048)
    endpoint = server.wait_ready(place.scope, 60)
    server.stop()
    notes = [event.text for event in place.events.kept if isinstance(event, RunNote)]
    assert endpoint.model_name == "tiny" and any("'mine'" in text for text in notes)
