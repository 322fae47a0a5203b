"""What any command does when its output cannot be written, or when the program itself has a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autotuner_tui.cli.commands import schema
from autotuner_tui.cli.main import main

FULL = Path("/dev/full")
needs_dev_full = pytest.mark.skipif(not FULL.exists(), reason="needs macOS to lack /dev/full")


def call(*words: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.run([sys.executable, "-m", "autotuner_tui", *words], text=True, timeout=60, **given)


@needs_dev_full
def test_a_full_disk_behind_stdout_is_told_and_is_no_success() -> None:
    with FULL.open("w") as full:
        told = call("schema", stdout=full)
    assert told.returncode == 1
    assert told.stderr == "autotuner-tui: cannot write the output: No space left on device\n"


@needs_dev_full
def test_a_full_disk_behind_stderr_keeps_the_exit_code() -> None:
    with FULL.open("w") as full:
        assert call("check", "missing.json", stderr=full).returncode == 2


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told = call("schema", stdout=writer)
    os.close(writer)
    assert (told.returncode, told.stderr) == (0, "")


def test_a_fault_of_ours_is_a_line_and_a_file_never_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(arguments: SimpleNamespace) -> int:
        raise RuntimeError("what no user\ncan cause")

    monkeypatch.setattr(schema, "run", broken)
    assert main(["schema"]) == 1
    said = capsys.readouterr().err
    assert "a fault of the program: RuntimeError: what no user can cause" in said and "Traceback" not in said
    place = said.split("the details are in ")[1].split(";")[0]
    assert "Traceback" in Path(place).read_text()


def test_ctrl_c_before_anything_has_begun_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: SimpleNamespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "run", interrupted)
    assert main(["schema"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_user_who_is_only_a_number_and_has_no_home_is_served_as_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """As in a container whose user no list of users knows."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 0
    assert "no run was recorded here yet" in "".join(capsys.readouterr())
    assert os.environ["HOME"] == "/"
