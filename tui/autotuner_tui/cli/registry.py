"""The commands: name, one line for the help, and the module that is imported only when the command is called."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A word of the command line. `module` is None where the command is still to be built."""

    name: str
    summary: str
    module: str | None

    @property
    def built(self) -> bool:
        return self.module is not None


def _built(name: str, summary: str) -> Command:
    return Command(name, summary, f"autotuner_tui.cli.commands.{name}")


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        _built("run", "run a task at once and show its progress"),
        _built("check", "say everything that is wrong with a task"),
        _built("plan", "what a run will do, how long it takes, what it costs"),
        _built("resume", "go on with a run that was stopped or died"),
        _built("send", "steer a run from a script: pause, resume, skip, rerun, add, stop"),
        _built("attach", "look at a run from any terminal, and steer it"),
        _built("runs", "list the recorded runs and their state"),
        _built("report", "the ranking and the winner of a run"),
        _built("new", "write a task file from an example"),
        _built("schema", "print the JSON Schema of the task file"),
        _built("doctor", "what this machine lacks, and the cure"),
        _built("demo", "tune a small real engine on this machine, no GPU needed"),
        Command("export", "write the winner as files to apply", None),
        _built("clean", "remove what a killed run left behind"),
    )
}

OPEN = Command("open", "open a task with its plan, then start it", "autotuner_tui.cli.commands.open")
"""What the command line does when its first word is no command: the word is a task file."""
