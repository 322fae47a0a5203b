"""Write a task file: from an example, or from a service that runs today. Without a name it lists the examples.

--from-isvc reads an InferenceService of the cluster: its flags become the baseline and the fixed settings; secrets are
never carried over. --rbac writes the access rights that a run needs in a namespace, for `kubectl apply -f`.
A file that is there already is never overwritten, except with --force.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from autotuner_tui.cli.exits import OK, UserError
from autotuner_tui.cli.options import add_cluster_options

_NAMES = 16
_THEN_PLAN = "`autotuner-tui plan {}` tells what it will do"
_OF_THE_DOCUMENT = "A small task for OME in Kubernetes: four configurations, least latency."
"""Its own description is a placeholder, and is kept as the architecture document has it."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("example", metavar="EXAMPLE", nargs="?", help="the example's name")
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="where to write it (default: ./EXAMPLE.json); - is stdout"
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from-isvc", metavar="NAME", help="make it of the InferenceService of this name")
    source.add_argument("--rbac", action="store_true", help="write access rights (YAML) in place of a task")
    add_cluster_options(parser)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    if arguments.from_isvc or arguments.rbac:
        return _from_cluster(arguments)
    examples = _examples()
    if arguments.example is None:
        return _list(examples)
    source = examples.get(Path(arguments.example).stem)
    if source is None:
        raise UserError(f"no example {arguments.example!r}", cure=f"there are: {', '.join(examples)}")
    text = example_text(source)
    if arguments.output not in (None, "-"):
        _refuse_other_form(source, Path(arguments.output))
    return _put(text, arguments, source.name, _THEN_PLAN)


def _from_cluster(arguments: Namespace) -> int:
    from autotuner_tui.cli.new_from_cluster import access_rights, task_of

    if arguments.example is not None:
        raise UserError(f"{arguments.example!r} is an example, but something else is asked for", cure="leave it out")
    if arguments.rbac:
        return _put(access_rights(arguments), arguments, "rbac.yaml", "`kubectl apply -f {}` grants it")
    text, name = task_of(arguments)
    return _put(text, arguments, f"{name}.json", _THEN_PLAN)


def _put(text: str, arguments: Namespace, usual_name: str, then: str) -> int:
    if arguments.output == "-":
        sys.stdout.write(text)
        return OK
    target = Path(arguments.output or usual_name)
    _write(target, text, arguments.force)
    print(f"wrote {target}; {then.format(target)}")
    return OK


def example_text(source: Path) -> str:
    """An example as it is written: with the schema's place, for editors, as it is on this machine (the examples say it
    as it is in the checkout). Raises OSError."""
    from autotuner_core.task.schema import SCHEMA_FILE

    text = source.read_text(encoding="utf-8")
    return re.sub(r'("\$schema": )"[^"]*"', lambda match: f'{match[1]}"{SCHEMA_FILE.as_uri()}"', text)


def _refuse_other_form(source: Path, target: Path) -> None:
    """An example is written as it is: what a file's name says of its form must be true."""
    forms = {".json": "JSON", ".yaml": "YAML", ".yml": "YAML"}
    form, named = forms[source.suffix], forms.get(target.suffix.lower())
    if named not in (None, form):
        raise UserError(f"the example {source.stem} is {form}", cure=f"name it {target.with_suffix(source.suffix)}")


def _examples() -> dict[str, Path]:
    from autotuner_core.resources import examples

    try:
        return examples()
    except FileNotFoundError as error:
        raise UserError(str(error)) from error


def _list(examples: dict[str, Path]) -> int:
    import shutil
    import textwrap

    width = max(60, shutil.get_terminal_size(fallback=(100, 24)).columns)
    for name, path in examples.items():
        said = description_of(path)
        for line in textwrap.wrap(f"{name:<{_NAMES}}{said}", width, subsequent_indent=" " * _NAMES):
            print(line)
    print("\n`autotuner-tui new EXAMPLE --output FILE` writes one")
    return OK


def description_of(path: Path) -> str:
    """What an example is: its own description; empty where it cannot be read. They are files of ours: the whole check
    of a task, which takes a fifth of a second to load, has nothing to find in them."""
    if path.stem == "simple_task":
        return _OF_THE_DOCUMENT
    import json

    from autotuner_tui.headless.words import plain

    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return plain(json.loads(text)["description"])
        found = (line for line in text.splitlines() if line.startswith("description:"))
        return plain(next(found, "").partition(":")[2])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write(target: Path, text: str, force: bool) -> None:
    try:
        with target.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{target} is there already", cure="name another with --output, or use --force") from None
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}") from error
