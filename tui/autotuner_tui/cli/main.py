"""The entry point: parse, call the command, turn whatever happens into an exit code and plain words."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autotuner_tui.cli.exits import BY_SIGINT, NO_WINNER, OK, UserError


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is the value. Never raises for what a person can cause."""
    from autotuner_tui.cli.descriptors import prepare_streams, quiet_exit
    from autotuner_tui.cli.home import see_to_home

    prepare_streams()
    see_to_home()
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
    except Exception as error:
        if (reason := _of_the_surroundings(error)) is not None:
            _say(reason, "")
            return NO_WINNER
        from autotuner_tui.cli.crash import report_crash

        return report_crash(error)
    finally:
        quiet_exit()


def _dispatch(words: list[str]) -> int:
    from autotuner_tui.cli.parser import parse

    run, arguments = parse(words)
    code = run(arguments)
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _of_the_surroundings(error: Exception) -> str | None:
    """In words what a full disk or a place that may not be written caused; None for what is no such thing."""
    import errno

    causes = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
    if not isinstance(error, OSError) or error.errno not in causes:
        return None
    return f"{error.strerror}: {error.filename}" if error.filename else f"cannot write the output: {error.strerror}"


def _say(message: str, cure: str) -> None:
    from autotuner_tui.headless.outlet import Outlet

    err = Outlet(sys.stderr)  # may be gone or full: that must not change the exit code
    err.line(f"autotuner-tui: {message}")
    if cure:
        err.line(f"  {cure}")


if __name__ == "__main__":
    sys.exit(main())
