"""install.sh is what a newcomer meets first: on a machine that lacks things, run twice, wrongly, from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from install_machine import Machine, bare_machine, base_python, with_uv


@pytest.fixture
def machine(checkout: Path, tmp_path: Path) -> Machine:
    """A machine without Python and uv."""
    return bare_machine(checkout, tmp_path)


@pytest.fixture
def machine_with_uv(machine: Machine, uv: str) -> Machine:
    """A machine with a Python and uv."""
    return with_uv(machine, uv)


def test_help_tells_every_option(machine: Machine) -> None:
    done = machine.install("--help")
    assert done.returncode == 0
    for option in (
        "--skip-venv",
        "--skip-k8s",
        "--install-ome",
        "--namespace",
        "--context",
        "--venv-path",
        "--demo",
        "--test",
        "--help",
    ):
        assert option in done.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--bogus"],
        ["stray"],
        ["--venv-path"],
        ["--venv-path", ""],
        ["--skip-k8s", "--install-ome"],
        ["--namespace", "a;b"],
    ],
)
def test_a_wrong_call_is_refused_with_the_usage_and_exit_code_2(machine: Machine, options: list[str]) -> None:
    done = machine.install(*options)
    assert done.returncode == 2
    assert "Usage: ./install.sh" in done.stderr
    assert not done.stdout


def test_without_a_python_it_says_which_one_and_how_to_get_it(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 1
    assert "CPython 3.10 to 3.12" in done.stderr
    assert "apt-get install" in done.stderr


def test_a_python_that_does_not_run_or_is_too_new_is_passed_over(machine: Machine) -> None:
    """A pyenv shim of a version that is not selected is on PATH and fails."""
    machine.add("python3.12", "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n")
    machine.add("python3.11", "#!/bin/sh\nexit 0\n")  # says nothing, as for a version that does not suit
    done = machine.install()
    assert done.returncode == 1
    assert "no suitable Python found" in done.stderr


def test_debians_python_without_its_venv_package_is_told_by_its_package(machine: Machine) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    machine.add(
        f"python{version}",
        f"""#!/bin/sh
case "$*" in
    *ensurepip*) exit 1 ;;
    *sys.executable*) echo "$0" ;;
    *) exec {base_python()} "$@" ;;
esac
""",
    )
    done = machine.install()
    assert done.returncode == 1
    assert f"apt-get install python{version}-venv" in done.stderr


def test_a_folder_that_is_no_environment_is_left_alone(machine: Machine) -> None:
    machine.add("python3", base_python())
    precious = machine.home / "thesis"
    precious.mkdir()
    (precious / "chapter.tex").write_text("x")
    done = machine.install("--venv-path", "thesis")
    assert done.returncode == 1
    assert "is no virtual environment" in done.stderr
    assert [path.name for path in precious.iterdir()] == ["chapter.tex"]


def test_a_broken_environment_of_someone_elses_is_left_alone(machine: Machine) -> None:
    machine.add("python3", base_python())
    theirs = machine.home / "theirs"
    theirs.mkdir()
    (theirs / "pyvenv.cfg").write_text("home = /nowhere\n")
    done = machine.install("--venv-path", str(theirs))
    assert done.returncode == 1
    assert "was not made by this script" in done.stderr


def test_skip_venv_without_any_environment_is_refused(machine: Machine) -> None:
    machine.add("python3", base_python())
    done = machine.install("--skip-venv", "--venv-path", "none")
    assert done.returncode == 1
    assert "nor is one active" in done.stderr


def test_it_sets_up_from_anywhere_and_again_at_once(machine_with_uv: Machine) -> None:
    machine, place = machine_with_uv, machine_with_uv.home / "an env"
    first = machine.install("--venv-path", "an env", PYTHONDONTWRITEBYTECODE="1", PYTHONHOME="/nowhere", PIP_USER="1")
    assert first.returncode == 0, first.stderr
    assert "Installing the packages" in first.stdout
    assert (machine.checkout / "results").is_dir()
    assert (machine.checkout / "benchmark_results").is_dir()
    assert list((machine.checkout / "tui").rglob("*.pyc")), "every start would compile the program anew"
    program = subprocess.run([place / "bin" / "autotuner-tui", "--version"], capture_output=True, text=True)
    assert program.returncode == 0, program.stderr

    again = machine.install("--venv-path", str(place), cwd=place)
    assert again.returncode == 0
    assert "is up to date" in again.stdout
    assert "Installing" not in again.stdout

    (place / "bin" / "python").unlink()
    (place / "bin" / "python").symlink_to("/nowhere/python3")
    mended = machine.install("--venv-path", str(place))
    assert mended.returncode == 0, mended.stderr
    assert "making it anew" in mended.stdout
    assert "Installing the packages" in mended.stdout


@pytest.mark.slow
def test_without_uv_it_sets_up_with_venv_and_pip(machine: Machine) -> None:
    machine.add("python3", base_python())
    cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    done = machine.install("--venv-path", "env", PIP_CACHE_DIR=cache)
    assert done.returncode == 0, done.stderr
    assert "with pip" in done.stdout
    program = machine.home / "env" / "bin" / "autotuner-tui"
    assert subprocess.run([program, "--version"], capture_output=True).returncode == 0


def test_a_failed_installation_shows_the_error_and_where_its_log_is(machine_with_uv: Machine) -> None:
    machine_with_uv.add("sh", Path("/bin/sh"))
    done = machine_with_uv.install(
        "--venv-path", "env", AUTOTUNER_EXTRAS="nosuch", UV_OFFLINE="1", UV_CACHE_DIR="/dev/null/x"
    )
    assert done.returncode == 1
    assert "failed: " in done.stderr
    log = next(line for line in done.stderr.splitlines() if "the whole log: " in line).partition(": ")[2]
    assert Path(log).read_text()
    Path(log).unlink()


def test_without_kubectl_the_cluster_is_left_out_and_to_install_ome_is_refused(machine_with_uv: Machine) -> None:
    done = machine_with_uv.install("--venv-path", "env")
    assert done.returncode == 0, done.stderr
    assert "kubectl is not here" in done.stdout
    done = machine_with_uv.install("--venv-path", "env", "--install-ome")
    assert done.returncode == 1
    assert "--install-ome: kubectl is not here" in done.stderr
    assert (machine_with_uv.home / "env" / "bin" / "autotuner-tui").exists()


def test_a_cluster_that_is_not_reached_is_told_and_does_not_stop_it(machine_with_uv: Machine) -> None:
    machine_with_uv.add("kubectl", "#!/bin/sh\necho 'The connection to the server was refused' >&2\nexit 1\n")
    done = machine_with_uv.install("--venv-path", "env")
    assert done.returncode == 0, done.stderr
    assert "no cluster is reached: The connection to the server was refused" in done.stdout
    done = machine_with_uv.install("--venv-path", "env", "--skip-k8s")
    assert "Kubernetes" not in done.stdout


def test_it_runs_with_standard_input_closed(machine: Machine) -> None:
    done = subprocess.run(
        ["bash", "-c", 'exec "$0" --help <&-', str(machine.checkout / "install.sh")], capture_output=True, text=True
    )
    assert done.returncode == 0
