"""The entry point: parse, call the command, turn whatever happens into an exit code and plain words."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autotuner_tui.cli.exits import BY_SIGINT, OK, UserError


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is the value. Never raises for what a person can cause."""
    from autotuner_tui.cli.descriptors import prepare_streams, quiet_exit

    prepare_streams()
    try:
        return _dispatch(list(sys.argv[1:] if words is None else words))
    except SystemExit as leave:  # argparse: help, version, usage
        return leave.code if isinstance(leave.code, int) else OK
    except UserError as error:
        _say(error.message, error.cure)
        return error.code
    except KeyboardInterrupt:
        _say("interrupted", "")
        return BY_SIGINT
    except BrokenPipeError:  # the reader of a finished command's output went away: its business
        return OK
    except Exception as error:  # a fault of ours: one line for the person, the rest in a file
        from autotuner_tui.cli.crash import report_crash

        return report_crash(error)
    finally:
        quiet_exit()


def _dispatch(words: list[str]) -> int:
    from autotuner_tui.cli.parser import parse

    run, arguments = parse(words)
    return run(arguments)


def _say(message: str, cure: str) -> None:
    print(f"autotuner-tui: {message}", file=sys.stderr)
    if cure:
        print(f"  {cure}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
