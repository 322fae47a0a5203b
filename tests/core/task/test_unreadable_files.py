"""What is no text, or no file, is refused in words and at once."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import load_task
from autotuner_core.task.text import MOST_BYTES

GOOD = b'{"task_name": "x"}'
BYTES = {
    "empty": (b"", "empty", None),
    "blank": (b" \n\t\n", "empty", None),
    "nul": (b'{"task_name":\n "a\0b"}', "NUL", (2, 4)),
    "bom": (b"\xef\xbb\xbf" + GOOD, "byte order mark", (1, 1)),
    "utf-16": (GOOD.decode().encode("utf-16"), "UTF-16", (1, 1)),
    "latin-1": ('{\n "task_name": "é"}'.encode("latin-1"), "0xe9", (2, 16)),
    "large": (b" " * (MOST_BYTES + 1), "larger than", None),
    "binary": (bytes(range(256)), "", None),
}


def refusal(path: Path) -> TaskError:
    with pytest.raises(TaskError) as caught:
        load_task(path)
    return caught.value


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".txt"])
@pytest.mark.parametrize("case", BYTES)
def test_a_file_that_is_no_text_is_told_as_such(tmp_path: Path, case: str, suffix: str) -> None:
    content, words, place = BYTES[case]
    path = tmp_path / f"task{suffix}"
    path.write_bytes(content)
    (finding,) = refusal(path).findings
    assert words in finding.message
    if place:
        assert (finding.line, finding.column) == place


def test_a_missing_file_a_folder_and_a_pipe_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")  # opening it for reading would wait for a writer, for ever
    assert "there is no file" in str(refusal(tmp_path / "none.json"))
    assert "is a folder" in str(refusal(tmp_path))
    assert "no regular file" in str(refusal(tmp_path / "pipe.json"))
    assert "cannot be read" in str(refusal(tmp_path / ("x" * 300)))
    assert "cannot be read" in str(refusal(tmp_path / "nul\0byte.json"))


def test_an_endless_device_is_not_read_to_its_end() -> None:
    assert "no regular file" in str(refusal(Path("/dev/zero")))


def test_a_huge_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.touch()
    os.truncate(path, 100_000_000)  # a hole: it takes no room
    tracemalloc.start()
    assert "larger than" in str(refusal(path))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.skipif(os.geteuid() == 0, reason="as root every file may be read")
def test_a_file_without_rights_says_so(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_bytes(GOOD)
    path.chmod(0)
    assert "may not be read" in str(refusal(path))


@pytest.mark.parametrize(
    ("text", "place"),
    [('"task_name": "x",\n"model": {}\n}', (1, 1)), ("\n  task_name: x\n", (2, 3)), ('x{"task_name": "x"}', (1, 1))],
)
def test_a_lost_opening_brace_is_told_as_that_and_not_by_what_follows_from_it(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    path = tmp_path / "task.json"
    path.write_text(text)
    (finding,) = refusal(path).findings
    assert "begins with an opening brace" in finding.message and "task_name" in finding.cure
    assert (finding.line, finding.column) == place
