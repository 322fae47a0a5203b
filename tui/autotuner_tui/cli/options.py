"""Options that several commands share, each defined once."""

from __future__ import annotations

from argparse import ArgumentParser, _ArgumentGroup

DEFAULT_RESULTS_DIR = "results"

WITH_VALUE = ("--context", "--namespace", "--results-dir", "--kubeconfig", "--templates", "--on-event", "--theme")
"""Shared options that take the next word as their value (needed to find the command among the words)."""


def add_common(parser: ArgumentParser) -> None:
    """The options that every command takes, before or after the command's name."""
    from autotuner_core.version import VERSION

    group = parser.add_argument_group("common options")
    group.add_argument(
        "--results-dir",
        metavar="DIR",
        default=DEFAULT_RESULTS_DIR,
        help="where runs are recorded (default: results)",
    )
    group.add_argument("--version", action="version", version=f"autotuner-tui {VERSION}", help="print the version")


def add_run_options(parser: ArgumentParser) -> None:
    """The options of everything that runs a task: `run`, `resume`, `demo` and the call without a command."""
    group = parser.add_argument_group("run options")
    group.add_argument("--no-ui", action="store_true", help="no screen: results on stdout, progress on stderr")
    group.add_argument("--json", action="store_true", help="one JSON object per event on stdout (implies --no-ui)")
    group.add_argument("--on-event", metavar="COMMAND", help="start COMMAND for each event, as JSON on its stdin")
    group.add_argument("--strict", action="store_true", help="exit code 1 where any experiment failed")
    group.add_argument("--take-over", action="store_true", help="take the locks of a host that is dead for certain")
    add_screen_options(group)
    group.add_argument("--in-process", action="store_true", help="keep run and screen in one process")


def add_screen_options(parser: ArgumentParser | _ArgumentGroup) -> None:
    """How the screen looks and listens."""
    parser.add_argument("--theme", metavar="NAME", help="the screen's colours (Ctrl+T in it: the next; remembered)")
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")


def add_access_options(parser: ArgumentParser | _ArgumentGroup, namespace: str) -> None:
    """Which cluster is meant, and how one gets in. `namespace` is the help of `--namespace`, which is not the same
    everywhere."""
    usual = "default: $KUBECONFIG, then ~/.kube/config, then the account of the pod that this runs in"
    parser.add_argument("--kubeconfig", metavar="FILE", help=f"the kubeconfig file to use ({usual})")
    parser.add_argument("--context", metavar="NAME", help="the kubeconfig context to use (default: its current one)")
    parser.add_argument("--namespace", metavar="NAME", help=namespace)


def add_cluster_options(parser: ArgumentParser, *, direct: bool = True) -> None:
    """The options of what is about a task that may be for a cluster. A resumed run keeps its way of loading: there is
    no `direct` for it."""
    group = parser.add_argument_group("cluster options (for tasks with backend ome)")
    add_access_options(group, "the namespace of the run's objects; wins over the task's model.namespace")
    group.add_argument("--templates", metavar="DIR", help="Jinja2 templates of your own that win over the tuner's")
    if direct:
        add_direct(group)


def add_direct(parser: ArgumentParser | _ArgumentGroup) -> None:
    """`--direct`, which also changes what `check` and `plan` say."""
    parser.add_argument("--direct", action="store_true", help="load from this machine, not from inside the cluster")


def add_json(parser: ArgumentParser, help: str = "print JSON for scripts") -> None:
    """`--json` of a command that prints one document."""
    parser.add_argument("--json", action="store_true", help=help)
