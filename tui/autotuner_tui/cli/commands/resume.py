"""Go on with a run that was stopped or died.

RUN is a run id, an unambiguous start of one, a run's folder, or nothing for the newest. What was measured stays; what
was under way is measured again, as a new attempt. --rerun measures finished experiments once more, too: by their
numbers (`--rerun 3,8`) or all that failed (`--rerun failed`).
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from autotuner_tui.cli.options import add_cluster_options, add_run_options


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that are this command\'s own."""
    parser.add_argument("which", metavar="RUN", nargs="?", help="which run (default: the newest)")
    parser.add_argument(
        "--rerun", metavar="N,N|failed", type=_rerun, default=(), help="measure these experiments once more"
    )
    add_run_options(parser)
    add_cluster_options(parser, direct=False)


def run(arguments: Namespace) -> int:
    """Carry the command out; gives the exit code."""
    from autotuner_tui.cli.cluster import check_files
    from autotuner_tui.cli.recorded import folder_of
    from autotuner_tui.cli.start import go_on

    check_files(arguments)
    return go_on(folder_of(arguments), arguments)


def _rerun(word: str) -> tuple[int, ...] | str:
    """`failed`, or numbers with commas between."""
    if word == "failed":
        return word
    try:
        return tuple(int(number) for number in word.split(","))
    except ValueError:
        raise ArgumentTypeError(f"{word!r} is neither `failed` nor numbers such as 3,8") from None
