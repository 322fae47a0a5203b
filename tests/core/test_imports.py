"""Start-up stays quick and memory small because each part loads only what it needs. Which part may load what is the
table below; a user of `--help`, `runs`, or a bastion host with 100 MB to spare pays for every mistake here."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CORE = REPOSITORY / "core" / "autotuner_core"
TUI = REPOSITORY / "tui" / "autotuner_tui"

# What costs more than a few milliseconds or megabytes.
HEAVY = {
    "asyncio", "genai_bench", "gguf", "jinja2", "kubernetes", "numpy", "prometheus_client", "pydantic",
    "requests", "rich", "ruamel", "simpleeval", "ssl", "textual", "tokenizers", "transformers", "urllib3", "xllamacpp",
}  # fmt: skip

# Part of the core -> heavy modules that importing it may load. The longest name that fits counts; a part that is not
# here may load none.
ALLOWED: dict[str, set[str]] = {
    "deploy": {"ssl"},  # http.client loads it
    "engine": {"pydantic", "ssl"},
    "task": {"pydantic"},
}

# Imports each module in a fork of its own, so that one's imports do not hide another's, and each is seen to be one that
# can be imported first. What of Python itself nearly all of them load is there before, once instead of 376 times; so is
# what they may load.
PROBE = """
import concurrent.futures, csv, dataclasses, datetime, difflib, email.utils, hashlib, importlib.resources, inspect
import logging, psutil, random, secrets, shlex, shutil, socket, statistics, subprocess, tempfile, threading, typing
import urllib.parse, uuid, zipfile, zoneinfo
import importlib, json, os, sys
heavy, modules, before = set(json.loads(sys.argv[1])), json.loads(sys.argv[2]), json.loads(sys.argv[3])
for name in before:
    importlib.import_module(name)
result = {}
for name in modules:
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            importlib.import_module(name)
            answer = sorted({m.partition(".")[0] for m in sys.modules} & heavy)
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    result[name] = json.loads(os.read(reading, 65536))
    os.close(reading)
    os.wait()
print(json.dumps(result))
"""


def module_name(path: Path, root: Path) -> str:
    name = ".".join(path.relative_to(root.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


def modules_of(root: Path) -> list[str]:
    return sorted(
        module_name(path, root) for path in root.rglob("*.py") if path.name not in ("launcher.py", "__main__.py")
    )


def loaded_by(modules: list[str], allowed: Iterable[str] = ()) -> dict[str, list[str] | str]:
    """What of HEAVY is loaded once a module is, by module; instead, a text where it cannot be imported."""
    command = [sys.executable, "-c", PROBE, *map(json.dumps, (sorted(HEAVY), modules, sorted(allowed)))]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


def part_of(module: str) -> str:
    """The longest name of ALLOWED that fits; empty where none does."""
    name = module.partition(".")[2]
    return max((part for part in ALLOWED if name == part or name.startswith(f"{part}.")), key=len, default="")


@pytest.mark.parametrize("part", ["", *ALLOWED])
def test_importing_a_core_module_loads_no_more_than_its_part_may(part: str) -> None:
    allowed = ALLOWED.get(part, set())
    modules = [module for module in modules_of(CORE) if part_of(module) == part]
    too_much = {}
    for module, loaded in loaded_by(modules, allowed).items():
        assert isinstance(loaded, list), f"{module} cannot be imported: {loaded}"
        if extra := set(loaded) - allowed:
            too_much[module] = sorted(extra)
    assert not too_much


@pytest.mark.parametrize("module", ["autotuner_tui.cli.main"])
def test_the_command_line_starts_without_anything_heavy(module: str) -> None:
    assert loaded_by([module]) == {module: []}


def test_the_launcher_runs_anywhere_it_is_copied_to() -> None:
    """It is mounted into a pod and run by an interpreter that has genai-bench but nothing of ours."""
    launcher = CORE / "benchmark" / "launcher.py"
    tree = ast.parse(launcher.read_text(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith(("autotuner_", "."))]


def test_nothing_imports_the_launcher() -> None:
    for root in (CORE, TUI):
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                    assert not any(name.split(".")[-1] == "launcher" for name in names), path
