"""Steer a run from a script: ask its host for something, and print its answer.

  autotuner-tui send [RUN] pause | resume | ping
  autotuner-tui send [RUN] skip N [N ...]
  autotuner-tui send [RUN] rerun N [N ...] [--first]      or: rerun failed [--first]
  autotuner-tui send [RUN] add NAME=VALUE [...] [--first]
  autotuner-tui send [RUN] stop [--now]

RUN is a run id, an unambiguous start of one, or a run's folder; nothing means the one under way. The exit code is 0
where the host did as it was asked, 1 where it refused or there is none.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.exits import NO_WINNER, OK, UserError
from autotuner_tui.cli.options import add_json

if TYPE_CHECKING:
    from autotuner_core.run.folder import RunFolder

PLAIN = ("pause", "resume", "ping")
COMMANDS = (*PLAIN, "skip", "rerun", "add", "stop")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command's own."""
    parser.add_argument(
        "words", metavar="WORD", nargs="+", help="which run (default: the one under way), and what to do"
    )
    parser.add_argument("--first", action="store_true", help="rerun, add: before all that wait, not at the end")
    parser.add_argument("--now", action="store_true", help="stop: kill what runs instead of shutting it down")
    parser.add_argument("--id", metavar="ID", help="the command's id: sent again under it, it does nothing more")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, default=5.0, help="wait for the answer (default: 5)"
    )
    add_json(parser, "print the answer as JSON")


def _seconds(word: str) -> float:
    seconds = float(word)
    if not 0 < seconds < 1e6:
        raise ValueError(word)
    return seconds


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_core.steer.client import Answer, NoHost, ask
    from autotuner_tui.cli.recorded import folder_of
    from autotuner_tui.headless.words import plain

    arguments.which, command, given = meant(arguments)
    folder = the_one_under_way(arguments) if arguments.which is None else folder_of(arguments)
    try:
        answer = ask(folder, command, given, timeout=arguments.timeout, command_id=arguments.id)
    except NoHost as error:
        if not arguments.json:
            raise UserError(str(error), code=NO_WINNER) from error
        answer = Answer(False, str(error), arguments.id or "")
    if arguments.json:
        import json

        print(json.dumps({"run_id": folder.run_id, "id": answer.id, "ok": answer.ok, "message": answer.message}))
    else:
        print(f"run {folder.run_id}: {'' if answer.ok else 'refused: '}{plain(answer.message, 2000)}")
    return OK if answer.ok else NO_WINNER


def the_one_under_way(arguments: Namespace) -> RunFolder:
    """The run that is meant where none is named: the only one under way, or else the newest. Raises UserError where
    several are: a command must not reach another run than the one in the sender's mind. Those that cannot be looked at
    are named, and passed over."""
    from autotuner_core.run.holders import holder_of
    from autotuner_core.run.index import recorded_runs
    from autotuner_tui.cli.recorded import folder_of
    from autotuner_tui.headless.outlet import Outlet

    newest = folder_of(arguments)
    living = []
    for run in recorded_runs():
        try:
            if holder_of(run.folder.host_lock) is not None:
                living.append(run.folder)
        except OSError as error:
            why = error.strerror or str(error)
            Outlet(sys.stderr).line(f"run {run.folder.run_id} in {run.folder.root} cannot be looked at ({why})")
    if len(living) > 1:
        names = ", ".join(f"{folder.run_id} ({folder.task_name})" for folder in living)
        raise UserError(f"several runs are under way: {names}; name the one that is meant", cure=_USAGE)
    return living[0] if living else newest


def meant(arguments: Namespace) -> tuple[str | None, str, dict[str, Any]]:
    """Which run (None: the one under way), which command, and its arguments. Raises UserError."""
    words: list[str] = arguments.words
    run_is_named = words[0] not in COMMANDS or (len(words) > 1 and words[1] in COMMANDS)
    which, rest = (words[0], words[1:]) if run_is_named else (None, words)
    if not rest or rest[0] not in COMMANDS:
        what = f"{rest[0]!r} is no command" if rest else "a command is missing"
        raise UserError(f"{what}: one of {', '.join(COMMANDS)} follows the run", cure=_USAGE)
    command, operands = rest[0], rest[1:]
    given = _given(command, operands)
    _switch(arguments, given, "first", command, ("rerun", "add"))
    _switch(arguments, given, "now", command, ("stop",))
    return which, command, given


_USAGE = "`autotuner-tui send --help` shows them all, for example: autotuner-tui send 7f3a skip 3"


def _given(command: str, operands: list[str]) -> dict[str, Any]:
    if command == "rerun" and operands == ["failed"]:
        return {"failed": True}
    if command in ("skip", "rerun"):
        return {"experiments": _numbers(command, operands)}
    if command == "add":
        return {"parameters": _configuration(operands)}
    if operands:
        raise UserError(f"`{command}` takes nothing more, and {operands[0]!r} is there", cure=_USAGE)
    return {}


def _numbers(command: str, operands: list[str]) -> list[int]:
    words = [word for operand in operands for word in operand.split(",") if word]
    wrong = next((word for word in words if not (word.isascii() and word.isdigit())), None)
    if not words or wrong is not None:
        also = ', or "failed"' if command == "rerun" else ""
        given = f", and {wrong[:40]!r} is none" if wrong is not None else ""
        raise UserError(f"`{command}` wants numbers of experiments{also}, such as `{command} 3 4`{given}", cure=_USAGE)
    return [int(word) for word in words]


def _configuration(operands: list[str]) -> dict[str, Any]:
    """`tp_size=2 policy=lpm`: values as JSON where they are, else as text."""
    from autotuner_core.json_value import json_value

    configuration: dict[str, Any] = {}
    for operand in operands:
        name, equals, text = operand.partition("=")
        if not equals or not name:
            raise UserError(f"{operand!r} is not NAME=VALUE", cure=_USAGE)
        if name in configuration:
            raise UserError(f"{name} is given twice", cure=_USAGE)
        try:
            configuration[name] = json_value(text, finite=True)
        except ValueError:
            configuration[name] = text
    if not configuration:
        raise UserError("`add` wants the configuration: NAME=VALUE for each parameter", cure=_USAGE)
    return configuration


def _switch(arguments: Namespace, given: dict[str, Any], name: str, command: str, takes: tuple[str, ...]) -> None:
    if not getattr(arguments, name):
        return
    if command not in takes:
        raise UserError(f"`--{name}` is for {' and '.join(takes)}, not for {command}", cure=_USAGE)
    given[name] = True
