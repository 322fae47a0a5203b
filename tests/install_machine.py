"""Machines to run install.sh on: a copy of the checkout, a home, and a PATH with what the test puts there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

# All that a build needs, and nothing that lies about in a developer's checkout.
BUILT_FROM = (
    "core",
    "tui",
    "templates",
    "examples",
    "install",
    "install.sh",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    ".gitignore",
)
# What the script itself needs of a machine; a PATH of these alone has no Python, no uv, no kubectl.
TOOLS = ("bash", "cat", "cksum", "dirname", "grep", "ls", "mkdir", "mktemp", "rm", "sed", "sleep", "tail", "env")


@dataclass(frozen=True)
class Machine:
    """A place to run install.sh on: what is on PATH, and the checkout. Only the program itself is installed (no load
    generator, no engine): the same steps in seconds."""

    checkout: Path
    tools: Path
    home: Path

    def install(self, *options: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        keep = ("PIP_", "UV_", "SSL_", "HTTP", "http", "NO_PROXY", "no_proxy", "REQUESTS_", "LANG", "TMPDIR")
        plain = {name: value for name, value in os.environ.items() if name.startswith(keep)}
        plain |= {"PATH": str(self.tools), "HOME": str(self.home), "AUTOTUNER_EXTRAS": "", "UV_CACHE_DIR": uv_cache()}
        return subprocess.run(
            [self.checkout / "install.sh", *options],
            cwd=cwd or self.home,
            env=plain | environment,
            stdin=None,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def add(self, name: str, script: str | Path) -> None:
        """Put a command on the machine's PATH: a script's text, or another program."""
        place = self.tools / name
        if isinstance(script, Path):
            place.symlink_to(script)
        else:
            place.write_text(script)
            place.chmod(0o755)


def uv_cache() -> str:
    return os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))


def base_python() -> Path:
    """The interpreter that this environment was made with."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(os.path.realpath(Path(sys.base_prefix) / "bin" / version))


def copy_of_checkout(repository: Path, copy: Path) -> Path:
    """A copy of what is built from, in the folder `copy`, which is made."""
    copy.mkdir(parents=True)
    for name in BUILT_FROM:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


def find_uv() -> str:
    """The uv of this environment, or the one on PATH. Skips the test where there is none."""
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip("uv is missing: pip install uv")
    return found


def bare_machine(checkout: Path, folder: Path) -> Machine:
    """A machine without Python and uv."""
    (folder / "tools").mkdir()
    (folder / "home").mkdir()
    machine = Machine(checkout, folder / "tools", folder / "home")
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        machine.add(tool, Path(found))
    return machine


def with_uv(machine: Machine, uv: str) -> Machine:
    """The same machine with a Python and uv."""
    machine.add("python3", base_python())
    machine.add("uv", f'#!/bin/sh\nPATH="{os.environ["PATH"]}" exec "{uv}" "$@"\n')
    return machine
