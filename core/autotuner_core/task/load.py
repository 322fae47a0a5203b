"""Load a task file: all that is wrong with it at once, each thing with its place and its cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autotuner_core.findings import Finding, Severity
from autotuner_core.task.errors import TaskError
from autotuner_core.task.place import Marks
from autotuner_core.task.problem import Problem, findings_of, shortened
from autotuner_core.task.text import decoded, read_text, refused

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

Kind = Literal["json", "yaml"]
SCHEMA_KEY = "$schema"
"""Editors find the schema by this key; the tuner reads past it."""


@dataclass(frozen=True)
class LoadedTask:
    """A task that may be run. `findings` are the warnings and notes, `raw` is the file's content as it was written
    (JSON's types), without `$schema`; `marks` tell where in the file each part stands."""

    task: Task
    findings: tuple[Finding, ...]
    path: Path | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    marks: Marks | None = None


def load_task(path: Path) -> LoadedTask:
    """Read and check a task file, JSON or YAML by its suffix (without a known one: by its first character).

    Raises TaskError with every error, for whatever the path leads to.
    """
    text = read_text(Path(path))
    return parse_task(text, _kind(Path(path), text), Path(path))


def _kind(path: Path, text: str) -> Kind:
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return "yaml"
    return "json" if suffix == ".json" or text.lstrip()[:1] in ("{", "[") else "yaml"


def parse_task(text: str, kind: Kind, path: Path | None = None) -> LoadedTask:
    """Check the text of a task file. Raises TaskError with every error, for whatever the text is."""
    text = decoded(text.encode("utf-8", "surrogatepass"))
    _refuse_no_text(text)
    if kind == "json":
        from autotuner_core.task.json_text import read_json as read
    else:
        from autotuner_core.task.yaml_text import read_yaml as read
    raw, marks, problems = read(text)
    return _checked(raw, marks, problems, path)


def task_from_json(record: Mapping[str, Any]) -> Task:
    """A task out of a journal or a results file: as it was written, or as the model dumps it.

    Its rules were checked when the run began, so only its shape is. Raises TaskError (without lines).
    """
    from autotuner_core.task.shape import shaped

    task, problems = shaped({key: value for key, value in record.items() if key != SCHEMA_KEY})
    if task is None or problems:
        raise TaskError(findings_of(problems, None))
    return task


def _refuse_no_text(text: str) -> None:
    if not text.strip():
        raise refused("the file is empty", "write a task with `autotuner-tui new`")
    zero = text.find("\0")
    if zero >= 0:
        line = text.count("\n", 0, zero) + 1
        raise refused("the file holds a NUL byte: it is no text", "", line, zero - text.rfind("\n", 0, zero))


def _checked(raw: Any, marks: Marks, unreadable: list[Problem], path: Path | None) -> LoadedTask:
    from autotuner_core.task.checks.rules import problems_in
    from autotuner_core.task.plain import implausible
    from autotuner_core.task.shape import broken_keys, partial, shaped

    if not isinstance(raw, dict):
        raise refused("a task is an object of keys and values", 'begin with {"task_name": …}', 1, 1)
    raw = {key: value for key, value in raw.items() if key != SCHEMA_KEY}
    unreadable += implausible(raw)
    task, misshapen = shaped(raw)
    wrong = [*unreadable, *_besides(unreadable, misshapen)]
    if wrong:
        task = None
    problems = [*wrong, *_besides(wrong, problems_in(task or partial(raw, wrong), raw, broken_keys(wrong)))]
    findings = findings_of(problems, marks)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    remarks = tuple(finding for finding in findings if finding.severity is not Severity.ERROR)
    if errors or task is None:
        raise TaskError(shortened(errors), remarks)
    return LoadedTask(task, remarks, path, raw, marks)


def _besides(known: Iterable[Problem], more: Iterable[Problem]) -> list[Problem]:
    """Of `more` those that lie in no place of which something is known already."""
    places = {problem.place for problem in known}
    return [
        problem for problem in more if not any(problem.place[:end] in places for end in range(len(problem.place) + 1))
    ]
