"""What a user gets who installs the program: from the wheel, from the sdist, editable; with pip and with uv."""

from __future__ import annotations

import email
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ASK = """
import json, autotuner_core, autotuner_tui, autotuner_core.resources as resources
print(json.dumps({
    "core": autotuner_core.__file__,
    "examples": {name: path.read_text() for name, path in resources.examples().items()},
    "templates": sorted(path.name for path in resources.templates_folder().iterdir()),
    "objects": sorted(path.name for path in (resources.examples_folder() / "ome").iterdir()),
    "folder": str(resources.examples_folder()),
}))
"""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """The output of a command; where it fails, the test does, with the output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def built(checkout: Path, uv: str) -> dict[str, Path]:
    """The sdist, the wheel, and the wheel built from the sdist."""
    out = checkout.parent / "dist"
    run(uv, "build", "--quiet", "--sdist", "--wheel", "--out-dir", out, checkout)
    (sdist,) = out.glob("*.tar.gz")
    run(uv, "build", "--quiet", "--wheel", "--out-dir", out / "again", sdist)
    (wheel,) = out.glob("*.whl")
    (again,) = (out / "again").glob("*.whl")
    return {"sdist": sdist, "wheel": wheel, "wheel from sdist": again}


@pytest.fixture
def environment(tmp_path: Path, uv: str) -> Path:
    """An empty virtual environment with pip in it."""
    run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, tmp_path / "venv")
    return tmp_path / "venv"


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def ask(environment: Path) -> dict[str, object]:
    return json.loads(run(environment / "bin" / "python", "-I", "-c", ASK, cwd=environment.parent))


def installer(kind: str, environment: Path, uv: str) -> list[str]:
    python = str(environment / "bin" / "python")
    return [python, "-m", "pip", "install"] if kind == "pip" else [uv, "pip", "install", "--python", python]


def test_the_wheel_has_both_packages_types_templates_and_examples(built: dict[str, Path], checkout: Path) -> None:
    files = files_of(built["wheel"])
    assert {"autotuner_core/py.typed", "autotuner_tui/py.typed", "autotuner_tui/cli/main.py"} <= files
    for folder in ("templates", "examples"):
        ours = {path.relative_to(checkout / folder) for path in (checkout / folder).rglob("*") if path.is_file()}
        assert ours
        assert {f"autotuner_core/data/{folder}/{path}" for path in ours} <= files
    roots = {name.partition("/")[0] for name in files}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"autotuner_core", "autotuner_tui"}


def test_every_file_of_the_packages_is_in_the_wheel(built: dict[str, Path], checkout: Path) -> None:
    """Profiles, texts and styles are data that no import would miss until a user needs them."""
    files = files_of(built["wheel"])
    for root in (checkout / "core", checkout / "tui"):
        for path in root.rglob("*"):
            if path.is_file():
                assert path.relative_to(root).as_posix() in files


def test_the_sdist_builds_the_same_wheel(built: dict[str, Path]) -> None:
    assert files_of(built["wheel from sdist"]) == files_of(built["wheel"])
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CONTRIBUTING.md", "pyproject.toml"} <= names


def test_the_metadata_tell_licence_pythons_and_extras(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_string(archive.read(name).decode())
        (entries,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "autotuner-tui = autotuner_tui.cli.main:main" in archive.read(entries).decode()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Requires-Python"] == ">=3.10"
    assert set(metadata.get_all("Provides-Extra", [])) == {"bench", "local"}


@pytest.mark.parametrize("kind", ["pip", "uv"])
@pytest.mark.parametrize("what", ["wheel", "sdist"])
def test_an_installed_program_finds_templates_and_examples(
    what: str, kind: str, built: dict[str, Path], checkout: Path, environment: Path, uv: str
) -> None:
    run(*installer(kind, environment, uv), "--no-deps", built[what])
    answer = ask(environment)
    assert str(environment) in answer["core"]
    tasks = [path for path in (checkout / "examples").iterdir() if path.suffix in (".json", ".yaml")]
    assert answer["examples"] == {path.stem: path.read_text() for path in tasks}
    assert answer["objects"] == sorted(path.name for path in (checkout / "examples" / "ome").iterdir())
    assert answer["templates"] == sorted(p.name for p in (checkout / "templates").iterdir())


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_an_editable_install_reads_the_checkout_and_no_stale_copy(
    kind: str, checkout: Path, environment: Path, uv: str, request: pytest.FixtureRequest
) -> None:
    run(*installer(kind, environment, uv), "--no-deps", "-e", ".", cwd=checkout)
    fresh = checkout / "examples" / "written_later.json"
    request.addfinalizer(fresh.unlink)
    fresh.write_text("{}")
    answer = ask(environment)
    assert answer["core"] == str(checkout / "core" / "autotuner_core" / "__init__.py")
    assert answer["folder"] == str(checkout / "examples")
    assert answer["examples"]["written_later"] == "{}"
