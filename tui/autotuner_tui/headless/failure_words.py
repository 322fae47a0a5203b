"""A failure as a person needs it: the cause, a line of evidence to check, and what to do."""

from __future__ import annotations

from autotuner_core.run.events import AttemptEnded
from autotuner_tui.headless.words import plain

EVIDENCE_LINES = 3


def failure_lines(name: str, event: AttemptEnded) -> list[str]:
    """`exp 3 failed: out_of_memory: ...`, then evidence (the last lines of it) and cure, each on a line of its own."""
    cause = event.cause or "unknown"
    again = " (it will be tried again)" if event.will_retry else ""
    lines = [f"{name} failed: {cause}: {plain(event.message)}{again}"]
    lines += [f"    | {plain(line)}" for line in event.evidence[-EVIDENCE_LINES:]]
    if event.cure:
        lines.append(f"    cure: {plain(event.cure)}")
    return lines
