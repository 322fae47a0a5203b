"""A copy of the checkout to build from, and the tools to build and install with."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

# All that a build needs, and nothing that lies about in a developer's checkout.
BUILT_FROM = (
    "core",
    "tui",
    "templates",
    "examples",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    ".gitignore",
)


@pytest.fixture(scope="session")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, in a folder with a space in its name."""
    copy = tmp_path_factory.mktemp("packaging") / "check out"
    copy.mkdir()
    for name in BUILT_FROM:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


@pytest.fixture(scope="session")
def uv() -> str:
    """The uv of this environment (it is in the dev group), or the one on PATH."""
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip("uv is missing: pip install uv")
    return found
