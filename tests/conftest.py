"""What all tests share: folders of their own, a plain environment, and no skip that goes unnoticed in CI."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# Under nohup SIGHUP is ignored, and children would inherit that. A handler of ours is not inherited by programs: those
# that the tests start meet the signal as they would from a terminal.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

# With AUTOTUNER_CI set (as .ci/run does) a test that skips for any other reason than these has failed:
# the machine was to have everything, and a check that silently does not run is no check.
ALLOWED_SKIPS = (
    r"^needs a GPU\b",
    r"^needs macOS\b",
    r"^as root\b",  # root may write to what others may not
)

# What a developer's terminal sets and tests must not depend on.
TERMINAL_VARIABLES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TEXTUAL_THEME", "COLUMNS", "LINES")

# Journals are synced to the disk at every event, and tests write thousands of them: two thirds of the time of
# tests/core/engine was waiting for the disk. Nothing here survives its machine, so that memory is as good a place.
MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
"""Bytes; a session takes a few hundred MB, and containers often have 64 MB there."""

# Programs that tests start would compile all of ours anew, each of them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Of these folders as many tests at a time are under way, where several are (`pytest -n 2 --dist loadgroup`): they share
# a cluster, time a load, or fill a disk. Every group of tests on a cluster brings up one of its own.
AT_A_TIME = {"e2e": 1, "on_cluster": 1 if os.environ.get("AUTOTUNER_TEST_CLUSTER") else 2, "packaging": 1}


def pytest_configure(config: pytest.Config) -> None:
    """Temporary folders lie in memory where there is room and programs may be run; a TMPDIR that is set wins."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    if not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The files of a folder of AT_A_TIME are dealt out to that many groups; all other tests are on their own."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    files = sorted({item.path for item in items})
    for item in items:
        folder = item.path.relative_to(REPOSITORY / "tests").parts[0]
        if folder in AT_A_TIME:
            group = files.index(item.path) % AT_A_TIME[folder]
            item.add_marker(pytest.mark.xdist_group(f"{folder}-{group + 1}"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


@pytest.fixture(autouse=True)
def plain_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """State and configuration go to folders of the test's own; the cache (the built model) stays shared."""
    home = tmp_path_factory.mktemp("xdg")
    for kind in ("STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    for name in (*TERMINAL_VARIABLES, "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("AUTOTUNER_") and name != "AUTOTUNER_CI"]:
        monkeypatch.delenv(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """An unexpected skip of a test is a failure in CI."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """An unexpected skip of a whole file is a failure in CI."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("AUTOTUNER_CI") or report.outcome != "skipped" or not isinstance(report.longrepr, tuple):
        return
    reason = str(report.longrepr[2]).removeprefix("Skipped: ")
    if not any(re.search(allowed, reason) for allowed in ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {reason}"
