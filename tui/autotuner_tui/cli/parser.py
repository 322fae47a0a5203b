"""From the words of the command line to a command and its arguments.

The command word is looked for first and only its own module is imported, so that `--help` and `--version` cost no
more than argparse itself. Shared options may stand before or after the command.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module

from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.options import WITH_VALUE, add_cluster_options, add_common, add_run_options
from autotuner_tui.cli.registry import COMMANDS, OPEN, Command

PROGRAM = "autotuner-tui"

ABOUT = (
    "Find the server settings with which an LLM inference server meets its latency limits at the highest throughput."
)

EXIT_CODES = """\
exit codes:
  0  there is a winner          1    there is none (or, with --strict, an experiment failed)
  2  wrong usage or task        3    the cluster could not be reached at the start
  130  stopped by SIGINT        143  stopped by SIGTERM

A command wins over a file of the same name: `./run` is the file. Begin with `autotuner-tui demo`."""


def split_command(words: Sequence[str]) -> tuple[Command, list[str]]:
    """The command that the words name, and the words without it. Where they name none it is `OPEN`."""
    for at, word in enumerate(words):
        is_option = word.startswith("-") and word != "-"
        if word == "--" or (not is_option and (at == 0 or words[at - 1] not in WITH_VALUE)):
            if word in COMMANDS:
                return COMMANDS[word], [*words[:at], *words[at + 1 :]]
            break
    return OPEN, list(words)


def parse(words: Sequence[str]) -> tuple[Callable[[Namespace], int], Namespace]:
    """What to call, and with which arguments.

    Raises UserError for a command that is still to be built, SystemExit (from argparse) for help, version and usage.
    """
    command, rest = split_command(words)
    if command.module is None:
        raise UserError(f"`{PROGRAM} {command.name}` is not built yet (it will {command.summary})")
    if command is OPEN:
        arguments = _top_parser().parse_args(rest)
        return import_module(command.module).run, arguments
    module = import_module(command.module)
    parser = _parser(f"{PROGRAM} {command.name}", (module.__doc__ or command.summary).strip())
    module.add_arguments(parser)
    add_common(parser)
    return module.run, parser.parse_args(rest)


def _top_parser() -> ArgumentParser:
    listed = "\n".join(f"  {command.name:<9}{command.summary}" for command in COMMANDS.values() if command.built)
    parser = _parser(PROGRAM, f"{ABOUT}\n\ncommands (`{PROGRAM} COMMAND --help` tells more):\n{listed}", EXIT_CODES)
    parser.usage = f"{PROGRAM} [TASK [KUBECONFIG]] [options]\n       {PROGRAM} COMMAND [...]"
    parser.add_argument("task", metavar="TASK", nargs="?", help="a task file: shows its plan, then starts it")
    parser.add_argument("kubeconfig_file", metavar="KUBECONFIG", nargs="?", help="the kubeconfig file to use")
    add_run_options(parser)
    add_cluster_options(parser)
    add_common(parser)
    return parser


def _parser(program: str, description: str, epilog: str = "") -> ArgumentParser:
    return ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
