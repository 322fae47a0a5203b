"""What became of a level, in one word."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """The verdict on a level; the value is the word written to files. Only `ok` and `slo_missed` are compared."""

    OK = "ok"
    SLO_MISSED = "slo_missed"
    OVERLOADED = "overloaded"
    """More errors than `validity.max_error_rate` allows."""
    REFUSED = "refused"
    """Every request was turned away for what it asked (model name, path, key): no load ever reached the engine."""
    UNREACHABLE = "unreachable"
    """No request found anybody to talk to: no load ever reached the engine."""
    CLIENT_BOUND = "client_bound"
    """The load generator was the limit, not the engine."""
    NOT_STEADY = "not_steady"
    """Too few requests in the window, or the asked concurrency was not held."""
    WRONG_LENGTH = "wrong_length"
    """The output is not as long as the scenario asked."""
    NOT_STREAMED = "not_streamed"
    """Output came in one piece: there is no time to first token to measure."""
    NO_OUTPUT = "no_output"
    """No request was answered with tokens, and none failed either."""
    UNMEASURED = "unmeasured"
    """The SLO limits a figure that this measurement does not have."""
    CUT = "cut"
    """Ended before it could be judged: skip, stop, a dead engine, a lost connection."""

    @property
    def comparable(self) -> bool:
        """Whether the level's figures may be compared with those of other configurations."""
        return self in (Verdict.OK, Verdict.SLO_MISSED)

    @property
    def ends_scenario(self) -> bool:
        """Whether higher concurrencies of the same scenario need not be tried any more: they would only be worse."""
        return self in (Verdict.OVERLOADED, Verdict.REFUSED, Verdict.UNREACHABLE)
