"""Good task files load as they are meant, whatever they are written in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autotuner_core.findings import Severity
from autotuner_core.space.candidates import candidates
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import LoadedTask, load_task, parse_task, task_from_json

DOCUMENT = """{
  "task_name": "simple-tune",
  "description": "Description",
  "model": {
    "name": "llama-3-2-1b-instruct",
    "namespace": "autotuner"
  },
  "base_runtime": "llama-3-2-1b-instruct-rt",
  "parameters": {
    "tp_size": {"type": "choice", "values": [1, 2]},
    "mem_frac": {"type": "choice", "values": [0.8, 0.9]},
    "max_total_tokens": {"type": "choice", "values": [4096, 8192]},
    "schedule_policy": {"type": "choice", "values": ["lpm", "fcfs"]}
  },
  "optimization": {
    "strategy": "grid_search",
    "objective": "minimize_latency",
    "max_iterations": 4,
    "timeout_per_iteration": 600
  },
  "benchmark": {
    "task": "text-to-text",
    "model_name": "llama-3-2-1b-instruct",
    "model_tokenizer": "meta-llama/Llama-3.2-1B-Instruct",
    "traffic_scenarios": ["D(100,100)"],
    "num_concurrency": [1, 4],
    "max_time_per_iteration": 10,
    "max_requests_per_iteration": 50,
    "additional_params": {"temperature": "0.0"}
  }
}
"""


def as_yaml(task: dict[str, Any]) -> str:
    out = StringIO()
    YAML().dump(task, out)
    return out.getvalue()


def codes(loaded: LoadedTask) -> set[str]:
    return {finding.code for finding in loaded.findings}


def test_the_architecture_documents_task_is_the_example_and_every_key_of_it_counts(repository: Path) -> None:
    path = repository / "examples" / "simple_task.json"
    assert json.loads(path.read_text()) == json.loads(DOCUMENT)
    loaded = load_task(path)
    task = loaded.task
    assert (task.task_name, task.backend, task.base_runtime) == ("simple-tune", "ome", "llama-3-2-1b-instruct-rt")
    assert (task.model.name, task.model.namespace) == ("llama-3-2-1b-instruct", "autotuner")
    objective = task.optimization.objective
    assert (objective.metric, objective.direction, objective.levels) == ("e2e_latency.mean", "minimize", "all")
    assert (task.optimization.max_iterations, task.optimization.timeout_per_iteration) == (4, 600)
    benchmark = task.benchmark
    assert (benchmark.model_tokenizer, benchmark.num_concurrency) == ("meta-llama/Llama-3.2-1B-Instruct", [1, 4])
    assert (benchmark.max_time_per_iteration, benchmark.max_requests_per_iteration) == (10, 50)
    assert len(candidates(task).chosen) == 4 and candidates(task).product == 16


def test_a_number_in_quotes_reaches_the_engine_as_a_number_and_that_is_said() -> None:
    loaded = parse_task(DOCUMENT, "json")
    assert loaded.task.benchmark.additional_params == {"temperature": 0.0}
    (said,) = [finding for finding in loaded.findings if finding.code == "number_in_quotes"]
    assert said.severity is Severity.NOTE
    assert (said.place, said.line, said.column) == ("benchmark.additional_params.temperature", 29, 42)
    assert loaded.raw["benchmark"]["additional_params"] == {"temperature": "0.0"}


def test_taking_a_part_of_the_grid_is_said() -> None:
    (said,) = [finding for finding in parse_task(DOCUMENT, "json").findings if finding.code == "part_taken"]
    assert "4 of 16" in said.message


def test_yaml_and_json_are_the_same_task(repository: Path) -> None:
    for path in sorted((repository / "examples").glob("*.json")):
        loaded = load_task(path)
        from_yaml = parse_task(as_yaml(loaded.raw), "yaml")
        assert from_yaml.task == loaded.task
        assert from_yaml.raw == loaded.raw


def test_a_task_out_of_the_journal_is_the_task_that_ran(repository: Path) -> None:
    for path in sorted((repository / "examples").glob("*_*.*")):
        loaded = load_task(path)
        assert task_from_json(json.loads(json.dumps(loaded.raw))) == loaded.task
        assert task_from_json(json.loads(json.dumps(loaded.task.model_dump()))) == loaded.task


def test_a_journal_with_an_unusable_task_says_why() -> None:
    with pytest.raises(TaskError, match="task_name"):
        task_from_json({"model": {"name": "x"}})


def test_editors_may_be_told_of_the_schema_in_the_file() -> None:
    task = {"$schema": "task.schema.json", **json.loads(DOCUMENT)}
    assert parse_task(json.dumps(task), "json").task == parse_task(DOCUMENT, "json").task


def test_a_file_without_a_known_suffix_is_read_by_what_it_holds(tmp_path: Path) -> None:
    for name, text in (("a", DOCUMENT), ("b.task", as_yaml(json.loads(DOCUMENT)))):
        path = tmp_path / name
        path.write_text(text)
        assert load_task(path).task.task_name == "simple-tune"


def test_windows_line_ends_and_tabs_keep_lines_right() -> None:
    text = DOCUMENT.replace("\n", "\r\n").replace("  ", "\t").replace('"minimize_latency"', '"minimise"')
    with pytest.raises(TaskError) as caught:
        parse_task(text, "json")
    (finding,) = caught.value.findings
    assert (finding.place, finding.line, finding.column) == ("optimization.objective", 17, 16)


def test_importing_the_loader_is_cheap() -> None:
    code = (
        "import sys, autotuner_core.task.load, autotuner_core.task.names, autotuner_core.task.redact\n"
        "import autotuner_core.space.candidates\n"
        "print([name for name in ('pydantic', 'ruamel.yaml', 'simpleeval') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.strip() == "[]"


def test_what_extends_pydantic_beside_us_does_not_see_a_task(tmp_path: Path, repository: Path) -> None:
    facts = tmp_path / "spy-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Name: spy\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[pydantic]\nspy = spy\n")
    (tmp_path / "spy.py").write_text("print('the spy is there')\n")
    code = (
        "import sys, pathlib\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from autotuner_core.task.load import load_task\n"
        "print(load_task(pathlib.Path(sys.argv[2])).task.task_name)"
    )
    task = repository / "examples" / "simple_task.json"
    run = subprocess.run([sys.executable, "-c", code, tmp_path, task], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == load_task(task).task.task_name
