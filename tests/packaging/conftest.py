"""A copy of the checkout to build from, and the tools to build and install with."""

from __future__ import annotations

from pathlib import Path

import pytest

from install_machine import copy_of_checkout, find_uv


@pytest.fixture(scope="session")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, in a folder with a space in its name."""
    return copy_of_checkout(repository, tmp_path_factory.mktemp("packaging") / "check out")


@pytest.fixture(scope="session")
def uv() -> str:
    """The uv of this environment (it is in the dev group), or the one on PATH."""
    return find_uv()
