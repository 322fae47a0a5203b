"""What happened last to an attempt: its stages and levels, its end, and what the cluster said of its objects; the
newest at the bottom."""

from __future__ import annotations

import time

from autotuner_core.run.events import AttemptEnded, ClusterEventSeen, LevelEnded
from autotuner_core.run.experiment_state import AttemptState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import level_name, plain
from autotuner_tui.streams import Attempt
from autotuner_tui.widgets.lines import Line, Piece, fitted, line

STAGES = {
    "deploying": "engine being started",
    "waiting": "waiting until it is ready",
    "benchmarking": "ready: the load begins",
    "collecting": "results being collected",
    "cleaning_up": "engine being stopped",
}


def happening_lines(state: RunState, focus: Attempt | None, width: int, height: int) -> list[Line]:
    """A heading and the latest that fit. None where there is no room for both, or nothing to tell."""
    attempt = _attempt(state, focus)
    if attempt is None or focus is None or height < 2:
        return []
    told = [(ts, _said(ts, STAGES.get(stage, stage))) for stage, ts in attempt.stages]
    told += [(level.ended.ts, _level(level.ended)) for level in attempt.levels.values() if level.ended is not None]
    told += [(attempt.ended.ts, _end(attempt.ended))] if attempt.ended is not None else []
    told += [(event.ts, _cluster_event(event, width)) for event in attempt.cluster_events]
    told.sort(key=lambda one: one[0])
    if not told:
        return []
    again = f" attempt {attempt.attempt}" if attempt.attempt > 1 else ""
    return [line((f"events of exp {focus[0]}{again}", "dim")), *(shown for _, shown in told[-(height - 1) :])]


def _attempt(state: RunState, focus: Attempt | None) -> AttemptState | None:
    experiment = state.experiments.get(focus[0]) if focus is not None else None
    if experiment is None or focus is None:
        return None
    return next((attempt for attempt in experiment.attempts if attempt.attempt == focus[1]), None)


def _clock(ts: float) -> Piece:
    return Piece(time.strftime("%H:%M:%S ", time.localtime(ts)), "dim")


def _said(ts: float, words: str, style: str = "") -> Line:
    return (_clock(ts), Piece(words, style))


def _level(ended: LevelEnded) -> Line:
    why = f": {plain(ended.why)}" if ended.why else ""
    name = level_name(ended.level, 0, ended.scenario, ended.concurrency)
    return _said(ended.ts, f"{name} {ended.verdict.replace('_', ' ')}{why}")


def _end(ended: AttemptEnded) -> Line:
    if ended.outcome != "failed":
        return _said(ended.ts, ended.outcome)
    return _said(ended.ts, f"✘ {(ended.cause or 'failed').replace('_', ' ')}: {plain(ended.message)}", "bad")


def _cluster_event(event: ClusterEventSeen, width: int) -> Line:
    """`12:01:07 ! FailedScheduling x4  0/3 nodes are available: ...`."""
    warns = event.severity == "Warning"
    times = f" x{event.count}" if event.count > 1 else ""
    said = f"{'! ' if warns else ''}{plain(event.reason, 60)}{times}"
    room = max(0, width - 9 - len(said) - 2)
    return (
        _clock(event.ts),
        Piece(said, "warn" if warns else ""),
        Piece(f"  {fitted(plain(event.message), room).rstrip()}", "dim"),
    )
