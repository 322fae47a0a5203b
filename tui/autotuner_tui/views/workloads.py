"""Pods or processes of what is under way, and the latest events of the cluster about them."""

from __future__ import annotations

from autotuner_core.run.events import WorkloadObserved
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import plain
from autotuner_tui.widgets.lines import Line, Piece, fitted, line

PHASE_STYLES = {"running": "good", "ready": "good", "pending": "warn", "failed": "bad", "ended": "dim"}


def workload_lines(state: RunState, width: int) -> list[Line]:
    """A line for each pod or process of the attempts under way."""
    under_way = [(e.id, attempt) for e in state.running if (attempt := e.latest) is not None]
    lines = [_workload(number, seen, width) for number, attempt in under_way for seen in attempt.workloads.values()]
    return lines or [line(("no pod or process is up: they stand here while an experiment is under way", "dim"))]


def _workload(experiment: int, seen: WorkloadObserved, width: int) -> Line:
    where = seen.node or (f"pid {seen.pid}" if seen.pid else "")
    tail = f" {seen.restarts} restarts" if seen.restarts else ""
    tail += f" {plain(seen.reason, 40)}" if seen.reason else ""
    room = max(12, width - 14 - len(where) - len(tail))
    return (
        Piece(f"{experiment:>3} ", "dim"),
        Piece(fitted(plain(seen.name, 120), room)),
        Piece(f" {fitted(seen.phase, 9)}", PHASE_STYLES.get(seen.phase.lower(), "")),
        Piece(f" {where}", "dim"),
        Piece(tail, "warn"),
    )
