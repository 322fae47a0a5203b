"""Tune a small real engine on this machine: no GPU, no cluster, a few minutes.

The bundled llama.cpp engine serves a tiny model with several settings; genai-bench loads each; the ranking tells which
was best. `autotuner-tui new local_demo` writes the same task as a file of your own.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from autotuner_tui.cli.options import add_run_options

EXAMPLE = "local_demo"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    add_run_options(parser)
    parser.set_defaults(direct=False, templates=None)  # it is a local task


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_core.resources import examples
    from autotuner_tui.cli.exits import UserError
    from autotuner_tui.cli.start import plan_to_run, start
    from autotuner_tui.cli.task_file import load_or_refuse

    try:
        source = str(examples()[EXAMPLE])
    except (FileNotFoundError, KeyError) as error:
        raise UserError(f"the demo's task is missing from this installation: {error}") from error
    loaded = load_or_refuse(source)
    return start(loaded, plan_to_run(loaded, arguments, source), arguments)
