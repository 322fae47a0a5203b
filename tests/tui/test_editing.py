"""What half-typed text says, parameters put into it, drafts and saving; without a screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.task.load import Kind, parse_task
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.colours import spans
from autotuner_tui.editing.completing import completed, completions
from autotuner_tui.editing.cursor_place import place_at
from autotuner_tui.editing.document import TEMPLATE, begun, changed_on_disk, opened, saved
from autotuner_tui.editing.drafts import drop_draft, keep_draft, kept_draft
from autotuner_tui.editing.engine_of_text import engine_of
from autotuner_tui.editing.key_words import words_for
from autotuner_tui.editing.offered import insertion, names_in


def at(text: str, kind: Kind) -> tuple[Any, ...]:
    """The place of the cursor, which stands where the bar is."""
    before = text[: text.index("|")].split("\n")
    return place_at(text.replace("|", ""), len(before) - 1, len(before[-1]), kind)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"task_na|', ("task_name"[:7],)),
        ('{"model": {"name": "x|', ("model", "name")),
        ('{"model": {"name": "a, {b"}, "back|end": "local"', ("backend",)),
        ('{"benchmark": {"num_concurrency": [1, |', ("benchmark", "num_concurrency", 1)),
        ('{\n|  "backend": "ome"\n}', ("backend",)),
        ('{"a": {"b": 1},|', ()),
        ("|", ()),
    ],
)
def test_the_key_under_the_cursor_is_known_in_half_typed_json(text: str, place: tuple[Any, ...]) -> None:
    assert at(text, "json") == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("model:\n  na|me: x\n", ("model", "name")),
        ("model:\n  |", ("model",)),
        ("optimization:\n  slo:\n    ttft.p95: 0.5|\n", ("optimization", "slo", "ttft.p95")),
        ("a:\n  b: 1\nbackend: lo|", ("backend",)),
        ("parameters:\n  tp: {type: choice, val|", ("parameters", "tp", "val")),
        ("constraints:\n  - not (a == 1)|", ("constraints", 0)),
        ("# backend: x|", ()),
        ("local:\n  # cores: 3\n  env:\n    A: b|", ("local", "env", "A")),
    ],
)
def test_the_key_under_the_cursor_is_known_in_half_typed_yaml(text: str, place: tuple[Any, ...]) -> None:
    assert at(text, "yaml") == place


def test_a_key_is_described_by_the_schema_and_a_setting_by_the_engine_s_profile() -> None:
    engine = engine_of('{"backend": "ome", "base_runtime": "llama-rt", "para')
    assert engine is not None and engine.name == "sglang"
    backend = words_for(("backend",), engine)
    assert backend is not None and "one of: ome, local" in backend.facts
    limit = words_for(("optimization", "objective", "direction"), engine)
    assert limit is not None and "minimize" in " ".join(limit.facts)
    setting = words_for(("parameters", "mem_frac"), engine)
    assert setting is not None and "GPU memory" in setting.about and "--mem-fraction-static (float)" in setting.facts
    assert words_for((), engine) is None


def test_the_engine_of_a_half_typed_text_is_the_one_that_its_task_will_have(repository: Path) -> None:
    def name(text: str) -> str | None:
        engine = engine_of(text)
        return engine.name if engine else None

    assert name("backend: local\n") == "llama.cpp"
    assert name("backend: local\nlocal:\n  engine: vllm") == "vllm"
    assert name("base_runtime: my-vllm-rt\npara") == "vllm"
    assert name((repository / "examples" / "local_command.yaml").read_text()) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"parameters": {}}', "json"),
        ('{"parameters": {"tp_size": {"type": "choice", "values": [1]}}}', "json"),
        ('{\n  "parameters": {\n    "tp_size": {"type": "choice", "values": [1]}\n  },\n  "fixed": {}\n}', "json"),
        ("parameters:\n", "yaml"),
        ("parameters:\n  tp_size: {type: choice, values: [1]}  # two\n\nfixed:\n  a: 1\n", "yaml"),
        ("parameters: {tp_size: {type: bool}}\n", "yaml"),
    ],
)
def test_an_engine_parameter_is_put_last_among_the_parameters_and_the_rest_stays(text: str, kind: Kind) -> None:
    from ruamel.yaml import YAML

    engine = engine_of("backend: ome")
    assert engine is not None
    for info in (engine.parameters["schedule_policy"], engine.parameters["disable_radix_cache"]):
        put = insertion(text, info, kind, 0)
        text = text[: put.offset] + put.text + text[put.offset :]
    read = json.loads(text) if kind == "json" else YAML(typ="safe").load(text)
    assert list(read["parameters"])[-2:] == ["schedule_policy", "disable_radix_cache"]
    assert "lpm" in read["parameters"]["schedule_policy"]["values"]
    assert read["parameters"]["disable_radix_cache"] == {"type": "bool"}
    assert names_in(text, kind) == frozenset(read["parameters"])
    assert "fixed" not in text or read["fixed"] in ({}, {"a": 1})


@pytest.mark.parametrize(("text", "offset"), [('{\n  "paramters": {}\n}', 7), ("{\n  \n}", 3)])
def test_an_engine_parameter_tears_no_line_apart_where_there_are_no_parameters(text: str, offset: int) -> None:
    engine = engine_of("backend: ome")
    assert engine is not None
    put = insertion(text, engine.parameters["schedule_policy"], "json", offset)
    assert put.offset == text.index("\n", offset)
    assert put.text.startswith("\n  ") or not text.splitlines()[1].strip()


def test_a_task_begun_from_nothing_is_valid_at_once() -> None:
    assert parse_task(TEMPLATE, "json").task.task_name == "my-task"


def test_unsaved_text_is_back_on_the_next_opening_and_saving_over_another_s_change_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text("# mine\ntask_name: a\n")
    first = opened(path)
    keep_draft(path, "# mine\ntask_name: b\n", first.base)
    again = opened(path)
    assert (again.text, again.on_disk, again.moved_on) == ("# mine\ntask_name: b\n", "# mine\ntask_name: a\n", False)
    assert not changed_on_disk(again)
    path.write_text("task_name: others\n")
    assert changed_on_disk(again) and opened(path).moved_on
    path.unlink()
    assert changed_on_disk(again) and opened(path).text == again.text  # the file is gone, the text is not


OTHER_SCREEN = """
import sys
from pathlib import Path
from autotuner_tui.editing.drafts import drop_draft, keep_draft, kept_draft
keep_draft(Path(sys.argv[1]), "theirs", "")
print("kept", flush=True)
sys.stdin.read()
"""


def test_two_screens_on_one_file_do_not_take_each_other_s_unsaved_text_away(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_text("task_name: a\n")
    command = [sys.executable, "-c", OTHER_SCREEN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "kept\n"
        assert kept_draft(path) is None  # the other one has it in hand
        keep_draft(path, "mine", "")
        drop_draft(path)
        other.kill()
    theirs = kept_draft(path)
    assert theirs is not None and theirs.text == "theirs"
    keep_draft(path, "theirs, taken up", "", theirs.place)
    assert not theirs.place.exists()
    drop_draft(path, theirs.place)
    assert kept_draft(path) is None


def test_saving_keeps_the_file_s_rights_and_its_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "task.json"
    target.write_text("{}")
    target.chmod(0o640)
    link.symlink_to(target)
    document = saved(opened(link), '{"a": 1}', link)
    assert link.is_symlink() and target.read_text() == '{"a": 1}' and target.stat().st_mode & 0o777 == 0o640
    assert not changed_on_disk(document) and len(os.listdir(tmp_path)) == 2


def test_what_is_no_text_is_refused_and_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "task.json").write_bytes(b"\xff\xfe{\x00")
    with pytest.raises(UserError, match="UTF"):
        opened(tmp_path / "task.json")
    with pytest.raises(UserError, match="no file"):
        opened(tmp_path / "none.json")


def test_a_task_without_a_file_is_kept_too() -> None:
    keep_draft(None, '{"task_name": "half', "")
    assert begun().text == '{"task_name": "half' and begun().on_disk == TEMPLATE


def test_typing_a_path_offers_folders_and_task_files(tmp_path: Path) -> None:
    for name in ("chat-a.json", "chat-b.yaml", "notes.txt", ".hidden.json"):
        (tmp_path / name).write_text("")
    (tmp_path / "chats").mkdir()
    typed = f"{tmp_path}/ch"
    found = completions(typed)
    assert [Path(one).name for one in found] == ["chat-a.json", "chat-b.yaml", "chats"] and found[2].endswith("/")
    assert completed(typed, found) == f"{tmp_path}/chat"
    assert completions("/no/such/folder/x") == [] and completed("x", []) == "x"
    assert len(completions(f"{tmp_path}/")) == 3


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ('  "a": "b", "c": [1, true]', "json", ["key", "text", "key", "number", "word"]),
        ('  "half', "json", ["text"]),
        ("tp: {type: choice, values: [1, 2.5]}  # why", "yaml", ["key", "key", "key", "number", "number", "comment"]),
        ("x#y: 'it''s'", "yaml", ["text"]),
    ],
)
def test_colours_follow_the_text_as_it_is_typed(text: str, kind: Kind, found: list[str]) -> None:
    assert [name for _, _, name in spans(text, kind)] == found
