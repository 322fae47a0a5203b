"""The README is the reference: what it does not name, a user does not find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autotuner_core.failures import FailureCause
from autotuner_core.run.events import EVENT_TYPES
from autotuner_core.scoring.verdict import Verdict
from autotuner_core.task.model import Benchmark, Local, Optimization, Task
from autotuner_tui.cli import exits
from autotuner_tui.cli.registry import COMMANDS


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def missing(names: list[str], text: str) -> list[str]:
    return [name for name in names if not re.search(rf"`{re.escape(name)}\b[^`]*`", text)]


def test_it_names_every_verdict_failure_cause_and_event(readme: str) -> None:
    assert not missing([verdict.value for verdict in Verdict], readme)
    assert not missing([cause.value for cause in FailureCause], readme)
    assert not missing(list(EVENT_TYPES), readme)


def test_it_names_every_command_also_those_to_come(readme: str) -> None:
    assert not missing(list(COMMANDS), readme)


def test_it_names_every_exit_code(readme: str) -> None:
    section = readme[readme.index("| exit code |") :].split("\n\n")[0]
    codes = {value for name, value in vars(exits).items() if name.isupper()}
    assert {int(code) for code in re.findall(r"^\| ([\d, ]+) \|", section, re.M) for code in code.split(",")} == codes


def test_it_names_every_key_of_the_task_file(readme: str) -> None:
    parts = {"optimization": Optimization, "benchmark": Benchmark, "local": Local}
    keys = [name for name in Task.model_fields if name not in ("model", *parts)]
    keys += [f"{part}.{name}" for part, model in parts.items() for name in model.model_fields]
    keys += ["model.name", "model.namespace"]
    assert not missing(keys, readme)


def test_the_files_it_points_to_are_there(readme: str, repository: Path) -> None:
    for name in ("install.sh", "CONTRIBUTING.md", "LICENSE", ".ci/run"):
        assert (repository / name).is_file()
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", readme):
        assert (repository / link).exists(), link
