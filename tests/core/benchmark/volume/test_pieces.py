"""Files that come through a pod's log: whole, or not at all; and nowhere but where they belong."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.volume import pieces as module
from autotuner_core.benchmark.volume import program
from autotuner_core.benchmark.volume.pieces import Pieces, VolumeFilesError

ALL = 1_000_000


def printed(folder: Path, first: int = 0, most: int = ALL, endings: str = ".json,.jsonl") -> list[str]:
    """What the program says of a folder, run as a pod runs it."""
    text = Path(program.__file__).read_text()
    words = [sys.executable, "-I", "-c", text, str(folder), endings, str(first), str(most)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def listed(*files: tuple[str, bytes], **changes: Any) -> list[str]:
    """The lines of files that somebody made up, each of one piece; `changes` go into the first one's entry."""
    entries, lines = [], []
    for number, (path, data) in enumerate(files):
        packed = zlib.compress(data)
        entry = {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "count": 1}
        entries.append(list((entry | (changes if number == 0 else {})).values()))
        about = {"number": number, "crc": zlib.crc32(packed), "data": base64.b64encode(packed).decode()}
        lines.append(program.MARK + json.dumps({"says": "piece", **about}))
    return [program.MARK + json.dumps({"says": "files", "files": entries, "free": 1, "size": 2}), *lines]


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A folder as genai-bench leaves it, with files that do not compress."""
    folder = tmp_path / "volume"
    (folder / "warm_up").mkdir(parents=True)
    (folder / "level 1.json").write_bytes(b'{"requests": []}' * 5000)
    (folder / "samples.jsonl").write_bytes(os.urandom(100_000))
    (folder / "warm_up" / "level.json").write_bytes(b"")
    (folder / "report.xlsx").write_bytes(os.urandom(50_000))
    return folder


def same(one: Path, other: Path, *names: str) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


FILES = ("level 1.json", "samples.jsonl", "warm_up/level.json")


def test_results_arrive_byte_for_byte_and_reports_stay_where_they_are(volume: Path, tmp_path: Path) -> None:
    pieces = Pieces()
    assert pieces.take(printed(volume)) > 10
    assert pieces.missing is None and pieces.free and pieces.size
    assert sorted(str(path.relative_to(tmp_path / "home")) for path in pieces.unpack(tmp_path / "home")) == list(FILES)
    assert same(volume, tmp_path / "home", *FILES)


def test_no_line_is_long_enough_for_a_container_runtime_to_cut_it(volume: Path) -> None:
    assert max(map(len, printed(volume))) < 16_000


def test_a_log_that_lost_lines_is_asked_again_from_the_first_missing_piece(volume: Path, tmp_path: Path) -> None:
    lines = printed(volume)
    pieces = Pieces()
    pieces.take([*lines[:4], lines[5][:-7], "\x00\x01", *lines[8:]])
    assert pieces.missing == 3
    rest = printed(volume, first=3, most=3)
    assert json.loads(rest[-1][len(program.MARK) :]) == {"says": "end", "next": 6}
    assert pieces.take(rest) == 3 and pieces.missing == 6
    pieces.take(printed(volume, first=6))
    pieces.unpack(tmp_path / "home")
    assert same(volume, tmp_path / "home", *FILES)


def test_a_line_whose_letters_were_changed_is_taken_for_a_piece(volume: Path) -> None:
    lines = printed(volume)
    other = "A" if lines[3][200] != "A" else "B"
    lines[3] = lines[3][:200] + other + lines[3][201:]
    pieces = Pieces()
    pieces.take(lines)
    assert pieces.missing == 2


def test_a_log_whose_beginning_was_put_away_tells_nothing(volume: Path) -> None:
    pieces = Pieces()
    pieces.take(printed(volume)[3:])
    assert pieces.missing == 0


def test_files_that_change_between_two_logs_are_not_mixed(volume: Path, tmp_path: Path) -> None:
    pieces = Pieces()
    pieces.take(printed(volume, most=4))
    (volume / "samples.jsonl").write_bytes(os.urandom(100_000))
    pieces.take(printed(volume, first=4))
    assert (pieces.missing, pieces.changes) == (0, 1)
    pieces.take(printed(volume))
    pieces.unpack(tmp_path / "home")
    assert same(volume, tmp_path / "home", *FILES)


def test_a_folder_that_is_not_there_is_told_with_what_lies_beside_it(volume: Path) -> None:
    pieces = Pieces()
    pieces.take(printed(volume / "exp1" / "attempt1"))
    assert pieces.fault and pieces.fault["reason"] == "missing"
    assert pieces.fault["beside"] == ["level 1.json", "report.xlsx", "samples.jsonl", "warm_up"]


def test_links_on_the_claim_are_not_followed(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (volume / "link.json").symlink_to(tmp_path / "secret.json")
    (volume / "loop").symlink_to(volume)
    pieces = Pieces()
    pieces.take(printed(volume))
    assert tuple(file.path for file in pieces.files or ()) == FILES


PATHS = ("../up.json", "/etc/cron.d/x.json", "a/../../x.json", "a//b.json", "", ".", "a\nb.json", "a\\b.json",
         "a/./b.json", "x" * 300, "/".join("abcdefghij"))  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(VolumeFilesError, match="path"):
        Pieces().take(listed((path, b"x")))


def test_a_link_at_home_leads_no_file_out_of_its_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "out").symlink_to(tmp_path)
    pieces = Pieces()
    pieces.take(listed(("out/x.json", b"x")))
    with pytest.raises(VolumeFilesError, match="outside"):
        pieces.unpack(home)
    assert not (tmp_path / "x.json").exists()


HOSTILE: dict[str, Callable[[], list[str]]] = {
    "terabytes": lambda: listed(("a.json", b"x"), size=1 << 42),
    "endless pieces": lambda: listed(("a.json", b"x"), count=1 << 40),
    "less than nothing": lambda: listed(("a.json", b"x"), size=-1),
    "no number": lambda: listed(("a.json", b"x"), count="7"),
    "twice": lambda: listed(("a.json", b"x"), ("a.json", b"y")),
    "too many": lambda: listed(*((f"{n}.json", b"") for n in range(10_001))),
    "no list": lambda: [program.MARK + '{"says": "files", "files": 7}'],
    "no entry": lambda: [program.MARK + '{"says": "files", "files": [7]}'],
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_a_list_that_no_reader_would_print_is_refused(lines: Callable[[], list[str]]) -> None:
    with pytest.raises(VolumeFilesError):
        Pieces().take(lines())


WRONG: dict[str, Callable[[], list[str]]] = {
    "another checksum": lambda: listed(("a.json", b"x"), sha256="0" * 64),
    "grows without end": lambda: listed(("a.json", bytes(8_000_000)), size=1000),
    "is shorter": lambda: listed(("a.json", b"x"), size=1000),
}


@pytest.mark.parametrize("lines", WRONG.values(), ids=WRONG)
def test_a_file_that_is_not_what_was_told_is_not_left_at_home(lines: Callable[[], list[str]], tmp_path: Path) -> None:
    pieces = Pieces()
    pieces.take(lines())
    with pytest.raises(VolumeFilesError, match=r"a\.json"):
        pieces.unpack(tmp_path / "home")
    assert not list((tmp_path / "home").iterdir())


def test_a_small_piece_that_unpacks_to_gigabytes_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(module, "write_bytes", lambda data, place: written.extend(map(len, data)))
    pieces = Pieces()
    pieces.take(listed(("a.json", bytes(8_000_000)), size=1000))
    with pytest.raises(VolumeFilesError):
        pieces.unpack(tmp_path)
    assert sum(written) <= module.STEP
