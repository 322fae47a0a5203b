"""A run's folder and the index that finds it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autotuner_core.run.folder import RunFolder, benchmark_results_dir, new_run_folder
from autotuner_core.run.index import RunNotFound, find_run, record_run
from autotuner_core.run.whole_file import write_json


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def recorded(index: Path, name: str) -> RunFolder:
    root = index / "results" / "task" / name
    root.mkdir(parents=True)
    (root / "journal.jsonl").touch()
    record_run(RunFolder(root))
    return RunFolder(root)


def test_files_lie_where_the_architecture_document_has_them(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "results" / "simple-tune" / "ab12")
    assert folder.results_file == tmp_path / "results" / "simple-tune_results.json"
    assert folder.benchmark_files(3, 1) == tmp_path / "benchmark_results" / "simple-tune-exp3" / "ab12-attempt1"
    assert benchmark_results_dir(tmp_path / "mine") == tmp_path / "mine" / "benchmark_results"


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    assert len({new_run_folder(tmp_path, "task").run_id for _ in range(20)}) == 20


def test_a_run_is_found_by_id_start_folder_or_as_the_newest(index: Path) -> None:
    first, second = recorded(index, "ab12"), recorded(index, "ax99")
    assert find_run("ab12") == first
    assert find_run("ab") == first
    assert find_run(str(first.root)) == first
    assert find_run() == second


def test_an_ambiguous_or_unknown_run_is_refused_with_what_there_is(index: Path) -> None:
    with pytest.raises(RunNotFound, match="demo"):
        find_run()
    recorded(index, "ab12"), recorded(index, "ax99")
    with pytest.raises(RunNotFound, match="several runs"):
        find_run("a")
    with pytest.raises(RunNotFound, match="ab12, ax99"):
        find_run("zz")


def test_a_run_whose_folder_was_removed_is_not_listed(index: Path) -> None:
    first = recorded(index, "ab12")
    first.journal.unlink()
    with pytest.raises(RunNotFound, match="no run"):
        find_run()


def test_an_unreadable_index_entry_does_not_hide_the_other_runs(index: Path) -> None:
    run = recorded(index, "ab12")
    (index / "state" / "autotuner-tui" / "runs" / "0.json").write_text("{half")
    assert find_run() == run


def test_a_results_file_that_cannot_be_written_leaves_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_json({"score": 1}, path)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"score": float("nan")}, path)
    assert json.loads(path.read_text()) == {"score": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]
