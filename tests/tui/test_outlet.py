from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autotuner_tui.headless.outlet import Outlet


def test_a_reader_that_left_is_told_once_and_later_lines_go_nowhere() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told: list[str] = []
    with os.fdopen(writer, "w") as stream:
        outlet = Outlet(stream, told.append)
        outlet.line("one")
        outlet.line("two")
        assert told == ["Broken pipe"]
        assert outlet.lost and not outlet.is_terminal()


def test_no_stream_and_a_closed_one_lose_lines_without_an_error() -> None:
    Outlet(None).line("x")
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    stream.close()
    outlet = Outlet(stream)
    assert not outlet.is_terminal()
    outlet.line("x")
    assert outlet.lost


@pytest.mark.parametrize("closed", ["0", "1", "2"])
def test_a_closed_standard_descriptor_is_never_taken_by_a_file_of_ours(tmp_path: Path, closed: str) -> None:
    """A journal that got number 1 would be mixed with whatever anybody prints."""
    code = (
        "import os, sys\nfrom autotuner_tui.cli.descriptors import prepare_streams\n"
        "prepare_streams()\n"
        f"number = os.open({str(tmp_path / 'file')!r}, os.O_CREAT | os.O_WRONLY)\n"
        f"open({str(tmp_path / 'number')!r}, 'w').write(str(number))\n"
    )
    shell = f'exec "$0" -c "$1" {closed}>&-'
    subprocess.run(["sh", "-c", shell, sys.executable, code], check=True, timeout=30)
    assert int((tmp_path / "number").read_text()) > 2


def test_a_full_disk_behind_stdout_does_not_end_the_run() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs macOS to have /dev/full")
    told: list[str] = []
    with Path("/dev/full").open("w") as stream:
        Outlet(stream, told.append).line("x" * 100_000)
        assert told == ["No space left on device"]
