"""What an engine's last words and its exit code tell, wherever it ran."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass

from autotuner_core.deploy.failure_rules import RULES, Rule

EVIDENCE_LINES = 12
LONGEST_LINE = 500


@dataclass(frozen=True)
class Told:
    """What a log tells: the rule that holds, its message with what the engine said, and the line where it says so."""

    rule: Rule
    message: str
    line: str


def told_by(tail: str, *, was_ready: bool) -> Told | None:
    """The first rule that matches anywhere in a log's tail; None where no rule explains it."""
    for rule in RULES:
        if rule.at_start and was_ready:
            continue
        if found := rule.pattern.search(tail):
            groups = [" ".join(group.split()) for group in found.groups() if group]
            return Told(rule, rule.message.format(*groups), _line_of(tail, found.start()))
    return None


def signal_of(exit_code: int) -> str | None:
    """The signal's name behind an exit code: -9, or a shell's 137."""
    number = -exit_code if exit_code < 0 else exit_code - 128
    try:
        return signal.Signals(number).name if number > 0 else None
    except ValueError:
        return None


def describe_exit(exit_code: int) -> str:
    """An exit code in words."""
    name = signal_of(exit_code)
    if name is None:
        return f"exit code {exit_code}"
    return f"ended by {name}" if exit_code < 0 else f"exit code {exit_code} (ended by {name})"


def last_lines(text: str) -> Sequence[str]:
    """The last lines that say something."""
    return [line.rstrip()[:LONGEST_LINE] for line in text.splitlines() if line.strip()][-EVIDENCE_LINES:]


def _line_of(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return text[start : end if end >= 0 else len(text)].strip()[:LONGEST_LINE]
