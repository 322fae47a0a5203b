"""Run a task at once and show its progress.

Results go to stdout (a ranking, or with --json an object per event), progress to stderr. Ctrl+C once: nothing new
starts, clean up, save. Twice: leave at once. `autotuner-tui resume` goes on later.

On a terminal the run is a process of its own: press D, or close the terminal, and it goes on; `autotuner-tui attach`
shows it again. With --no-ui, --json, --in-process or without a terminal it is this process, and SIGTERM ends it too.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from autotuner_tui.cli.options import add_cluster_options, add_run_options


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("task", metavar="TASK", help="the task file, JSON or YAML")
    parser.add_argument("kubeconfig_file", metavar="KUBECONFIG", nargs="?", help="the kubeconfig file to use")
    add_run_options(parser)
    add_cluster_options(parser)


def run(arguments: Namespace, may_be_command: bool = False) -> int:
    """Carry the command out; gives the exit code. `may_be_command`: the task may as well be a mistyped command."""
    from autotuner_tui.cli.cluster import check_cluster_words
    from autotuner_tui.cli.start import plan_to_run, start
    from autotuner_tui.cli.task_file import load_or_refuse

    loaded = load_or_refuse(arguments.task, may_be_command)
    check_cluster_words(arguments, loaded.task)
    return start(loaded, plan_to_run(loaded, arguments, arguments.task), arguments)
