"""The launcher's bookkeeping of one level, without genai-bench."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.warm import LAUNCHER


@pytest.fixture(scope="module")
def launcher() -> Any:
    spec = importlib.util.spec_from_file_location("autotuner_launcher", LAUNCHER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_came_after_the_end_of_a_level_is_not_of_it(launcher: Any) -> None:
    written: list[dict[str, Any]] = []
    level = object.__new__(launcher.Level)
    level.index, level.over_at, level.running = 1, 10.0, set()
    level._write = lambda kind, **fields: written.append(fields)
    request = launcher.Request(level, 7)
    request.start, request.chunks = 9.0, [9.5, 9.9, 10.1]
    level.cut(request)
    level.cut(request)
    (row,) = written
    assert (row["chunks"], row["out"], row["in"], row["first"], row["end"]) == ([9.5, 9.9], 2, 7, 9.5, None)


def test_a_line_torn_by_a_killed_writer_does_not_swallow_the_next(launcher: Any, tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text('{"kind":"level","level":1}\n{"kind":"requ')
    launcher.Samples(str(path)).write({"kind": "level", "level": 2})
    assert json.loads(path.read_text().splitlines()[-1]) == {"kind": "level", "level": 2}


def test_a_machine_that_forks_no_more_ends_the_level_in_words(
    launcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports, writing = os.pipe()
    first = subprocess.Popen(["sleep", "600"])
    forked = iter([first.pid])

    def fork() -> int:
        if (pid := next(forked, None)) is None:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return pid

    monkeypatch.setattr(launcher, "_fork", fork)
    warm, log = launcher.Warm(0, writing), tmp_path / "benchmark.log"
    before = len(os.listdir("/dev/fd"))
    warm.fork_level({"id": 7, "arguments": [], "settings": {"workers": 3, "log": str(log)}})
    assert len(os.listdir("/dev/fd")) == before
    assert first.wait(30) == -signal.SIGKILL
    os.close(writing)
    with os.fdopen(reports) as file:
        said = [json.loads(line) for line in file]
    assert [report["report"] for report in said] == ["forked", "exited", "exited"]
    assert {report["status"] for report in said[1:]} == {launcher.EXIT_NO_FORK << 8}
    assert "temporarily unavailable" in log.read_text()


def test_the_launcher_reads_as_the_python_of_old_images() -> None:
    import ast

    ast.parse(LAUNCHER.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_launcher_says_how_it_is_used() -> None:
    done = subprocess.run([sys.executable, str(LAUNCHER)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "launcher.py warm" in done.stderr
