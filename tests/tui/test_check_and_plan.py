"""`check` and `plan` as a person and a script meet them: the document's own task, and files that are wrong."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from autotuner_tui.cli.main import main

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def spec_task(repository: Path) -> Path:
    """The architecture document's example."""
    return repository / "examples" / "simple_task.json"


@pytest.fixture
def task(spec_task: Path) -> dict[str, Any]:
    content = json.loads(spec_task.read_text())
    assert isinstance(content, dict)
    return content


def test_the_documents_task_passes_check_unchanged(spec_task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec_task)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1].startswith(f"{spec_task}: valid (")
    assert re.match(rf"{re.escape(str(spec_task))}:29:\d+: note: benchmark.additional_params.temperature: ", said[1])


def test_plan_tells_4_of_16_the_times_and_the_gpu_hours(spec_task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(spec_task)]) == 0
    said = capsys.readouterr().out
    assert "4 of 16 configurations" in said
    for part in ("tp_size", "schedule_policy", "D(100,100)", "start until ready", "one configuration", "GPU-hours"):
        assert part in said


def test_plan_as_json_serves_scripts(spec_task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--json", str(spec_task)]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["candidates"] == plan["candidates"] | {"product": 16, "chosen": 4}
    assert len(plan["experiments"]) == 4
    assert plan["forecast"]["total"]["low"] <= plan["forecast"]["total"]["high"]


def test_a_plan_of_1000_configurations_fits_a_screen_until_all_are_asked_for(
    task: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task["parameters"]["max_total_tokens"] = {"type": "choice", "values": list(range(1000, 1125))}
    task["optimization"]["max_iterations"] = 1000
    file = tmp_path / "large.json"
    file.write_text(json.dumps(task))
    assert main(["plan", str(file)]) == 0
    short = capsys.readouterr().out
    assert "... and 980 more (--all shows them)" in short
    assert len(short.splitlines()) < 60
    assert main(["plan", "--all", str(file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 1000


def test_direct_changes_what_has_no_effect(spec_task: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(spec_task)])
    assert "model_tokenizer: has no effect" in capsys.readouterr().out
    main(["check", str(spec_task), "--direct"])
    assert "has no effect" not in capsys.readouterr().out


def test_a_task_comes_from_stdin_too(
    spec_task: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(spec_task.read_text()))
    assert main(["check", "-"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("-: valid")


def test_all_errors_are_told_at_once_each_with_place_line_and_cure(
    task: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task["optimisation"] = task.pop("optimization")
    task["parameters"]["tp_size"]["values"][1] = {"nested": 1}
    task["benchmark"]["num_concurrency"] = [0]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(task, indent=2))
    assert main(["check", str(file)]) == 2
    said = capsys.readouterr().out
    assert re.search(r"wrong\.json:\d+:\d+: error: parameters\.tp_size\.values\[1\]: ", said)
    assert re.search(r"wrong\.json:\d+:\d+: error: benchmark\.num_concurrency\[0\]: ", said)
    assert re.search(r"error: .*optimisation.*\n?.*optimization", said)
    assert main(["check", "--json", str(file)]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is False
    assert {"severity", "place", "line", "column", "message"} <= document["findings"][0].keys()


def changed(change: Change) -> Callable[[dict[str, Any]], str]:
    def text(task: dict[str, Any]) -> str:
        task = copy.deepcopy(task)
        change(task)
        return json.dumps(task)

    return text


def with_values(*values: object) -> Change:
    return lambda task: task["parameters"]["tp_size"].update(values=list(values))


def with_constraint(expression: str) -> Change:
    return lambda task: task.update(constraints=[expression])


WRONG: dict[str, Callable[[dict[str, Any]], str]] = {
    "empty": lambda _: "",
    "only_spaces": lambda _: " \n\t ",
    "not_an_object": lambda _: '["a list"]',
    "a_number": lambda _: "42",
    "cut_off": lambda task: json.dumps(task)[:200],
    "trailing_comma": lambda _: '{"task_name": "a",}',
    "twice_the_same_key": lambda task: json.dumps(task).replace('"task_name"', '"task_name": "x", "task_name"', 1),
    "infinity": lambda task: json.dumps(task).replace("600", "Infinity"),
    "nan": lambda task: json.dumps(task).replace("[0.8, 0.9]", "[0.8, NaN]"),
    "deep": lambda _: '{"task_name": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "no_parameters": changed(lambda task: task.update(parameters={})),
    "parameters_as_text": changed(lambda task: task.update(parameters="tp_size")),
    "no_values": changed(with_values()),
    "same_value_twice": changed(with_values(1, 1)),
    "unknown_type": changed(lambda task: task["parameters"]["tp_size"].update(type="choise")),
    "range_backwards": changed(
        lambda task: task["parameters"].update(mem_frac={"type": "range", "min": 0.9, "max": 0.8, "step": 0.1})
    ),
    "step_of_zero": changed(
        lambda task: task["parameters"].update(mem_frac={"type": "range", "min": 0.8, "max": 0.9, "step": 0})
    ),
    "range_without_end": changed(
        lambda task: task["parameters"].update(mem_frac={"type": "range", "min": 0, "max": 1e300, "step": 1e-300})
    ),
    "unknown_objective": changed(lambda task: task["optimization"].update(objective="minimise_latency")),
    "negative_time": changed(lambda task: task["optimization"].update(timeout_per_iteration=-1)),
    "name_of_the_parent": changed(lambda task: task.update(task_name="../../etc/passwd")),
    "name_with_an_escape": changed(lambda task: task.update(task_name="a\x1b[2Jb")),
    "embeddings": changed(lambda task: task["benchmark"].update(task="text-to-embeddings")),
    "one_token_scenario": changed(lambda task: task["benchmark"].update(traffic_scenarios=["D(100,1)"])),
    "no_scenario": changed(lambda task: task["benchmark"].update(traffic_scenarios=["; rm -rf /"])),
    "import_in_a_constraint": changed(with_constraint("__import__('os').system('true')")),
    "class_walk_in_a_constraint": changed(with_constraint("().__class__.__mro__[1].__subclasses__()")),
    "endless_power_in_a_constraint": changed(with_constraint("9**9**9**9 > tp_size")),
    "unknown_name_in_a_constraint": changed(with_constraint("tpsize > 1")),
    "endless_text_in_a_constraint": changed(with_constraint("'a' * 10**10 != ''")),
    "unknown_backend": changed(lambda task: task.update(backend="slurm")),
    "local_command_missing": changed(lambda task: task.update(backend="local", local={"engine": "command"})),
    "yaml_object": lambda _: "task_name: !!python/object/apply:os.system ['true']\n",
    "yaml_bomb": lambda _: "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "yaml_tab": lambda _: "task_name: x\n\tmodel: y\n",
    "nul": lambda _: '{"task_name": "a\0"}',
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_wrong_task_is_refused_in_words(
    command: str, name: str, task: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"task.{'yaml' if name.startswith('yaml') else 'json'}"
    file.write_text(WRONG[name](task))
    assert main([command, str(file), "--results-dir", str(tmp_path / "results")]) == 2
    out, err = capsys.readouterr()
    assert "error: " in out + err
    assert "Traceback" not in out + err and "fault of the program" not in out + err
    assert all(character.isprintable() or character == "\n" for character in out + err)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("word", ["missing.json", ".", "a" * 5000, "with\0nul", "/dev/null/x"])
def test_a_path_that_leads_nowhere_is_exit_code_2(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", word]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_bytes_that_are_no_text_are_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "task.json"
    file.write_bytes(bytes(range(256)) * 40)
    assert main(["check", str(file)]) == 2
    assert "error: " in capsys.readouterr().out


def test_a_strategy_that_is_not_built_yet_is_refused_before_anything_is_made(
    spec_task: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = json.loads(spec_task.read_text())
    task["optimization"]["strategy"] = "adaptive"
    (mine := tmp_path / "mine.json").write_text(json.dumps(task))
    assert main(["run", str(mine), "--no-ui", "--results-dir", str(tmp_path / "results")]) == 2
    said = capsys.readouterr().err
    assert "not built yet" in said and "grid_search" in said
    assert not (tmp_path / "results").exists()


def test_what_this_machine_does_not_have_is_warned_of_and_refused_by_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that was recorded would advise to resume it, in vain."""
    task = {
        "task_name": "mine", "backend": "local", "model": {"name": "m"},
        "parameters": {"a": {"type": "choice", "values": [1, 2]}},
        "optimization": {"objective": "maximize_throughput"},
        "benchmark": {"model_tokenizer": "owner/name"},
        "local": {"engine": "command", "command": ["no-such-engine", "{port}", "{flags}"]},
    }  # fmt: skip
    file = tmp_path / "task.json"
    file.write_text(json.dumps(task))
    assert main(["check", str(file)]) == 0
    assert "warning: local.command[0]: the program no-such-engine is not there" in capsys.readouterr().out
    assert main(["run", str(file), "--no-ui", "--results-dir", str(tmp_path / "results")]) == 2
    assert "error: local.command[0]: the program no-such-engine is not there" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
