"""Exit codes, and the error that ends a command in words."""

from __future__ import annotations

OK = 0
NO_WINNER = 1
USAGE = 2
CLUSTER_UNREACHABLE = 3
BY_SIGHUP = 129
BY_SIGINT = 130
BY_SIGTERM = 143


class UserError(Exception):
    """Something that the person who called can put right: said in a line, with the cure, never with a traceback."""

    def __init__(self, message: str, *, cure: str = "", code: int = USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        self.code = code
