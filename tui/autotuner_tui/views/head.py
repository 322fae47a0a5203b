"""The two head lines of a run: what it is and where, how far it is and what it has cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.report.format import duration, number
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.remaining import remaining
from autotuner_tui.headless.words import plain
from autotuner_tui.widgets.lines import Line, Piece, line, shortened, width_of

BAR_CELLS, LEAST_NAME = 24, 12
STATUS_WORDS = (("success", "ok", "good"), ("failed", "failed", "bad"), ("skipped", "skipped", "dim"))


def head_lines(state: RunState, now: float, standing: str, width: int) -> list[Line]:
    """Two lines. `standing`: running, paused, stopping, interrupted, gone, or the reason by which it ended."""
    return [_what(state, now, standing, width), _how_far(state, now, width)]


def _what(state: RunState, now: float, standing: str, width: int) -> Line:
    """`simple-tune  ome/autotuner@prod-a  maximize_throughput ... run 7f3a  running  00:42:10`. Where that is too long,
    the objective goes first, then the place, then the clock; the name is cut in its middle."""
    left = line(
        (" " + plain(state.task.get("task_name", "?"), 40), "strong"),
        (f"  {place_of(state)}", "dim"),
        (f"  {objective_of(state)}", "dim"),
    )
    right = line(
        (f"run {state.run_id}  ", "dim"), (standing, _standing_style(standing)), f"  {_clock(state.elapsed(now))} "
    )
    if width - width_of(right) < min(LEAST_NAME, width_of(left[:1])) + 1:
        right = (*right[:-1], Piece(" "))
    room = max(0, width - width_of(right) - 1)
    while len(left) > 1 and width_of(left) > room:
        left = left[:-1]
    name = shortened(left[0].text, min(room, width_of(left[:1])))
    left = (Piece(name, left[0].style), *left[1:])
    return (*left, Piece(" " * (room + 1 - width_of(left))), *right)


def place_of(state: RunState) -> str:
    """`local`, or `ome/autotuner@prod-a`."""
    placement: Mapping[str, Any] = state.placement or {}
    backend = str(state.task.get("backend", "ome"))
    model = state.task.get("model")
    namespace = placement.get("namespace") or (model.get("namespace") if isinstance(model, Mapping) else None)
    where = f"{backend}/{namespace}" if backend == "ome" and namespace else backend
    context = placement.get("context")
    return plain(f"{where}@{context}" if context else where, 60)


def objective_of(state: RunState) -> str:
    """The document's word, or metric and direction."""
    optimization = state.task.get("optimization")
    objective = optimization.get("objective", "") if isinstance(optimization, Mapping) else ""
    if isinstance(objective, Mapping):
        return plain(f"{objective.get('direction', '')} {objective.get('metric', '')}", 40)
    return plain(objective, 40)


def _standing_style(standing: str) -> str:
    styles = {
        "running": "busy strong",
        "paused": "warn strong",
        "completed": "good strong",
        "interrupted": "bad strong",
        "gone": "bad strong",
    }
    return styles.get(standing, "warn strong" if standing.startswith("stopp") else "strong")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _how_far(state: RunState, now: float, width: int) -> Line:
    """A bar, then counts, the time that is left, GPU-hours; the last ones go where there is no room."""
    counts, total = state.counts(), len(state.experiments)
    done = total - counts["queued"] - counts["running"]
    pieces: list[Piece] = [Piece(" "), *_bar(done, total, min(BAR_CELLS, max(6, width // 6)))]
    pieces.append(Piece(f" {done}/{total} ", "strong"))
    for status, word, style in STATUS_WORDS:
        if counts[status] or status == "success":
            pieces.append(Piece(f" {word} {counts[status]}", style if counts[status] else "dim"))
    if counts["running"]:
        pieces.append(Piece(f"  under way {counts['running']}", "busy"))
    left = remaining(state, now)
    if left is not None:
        pieces.append(Piece(f"   {left.in_words()}"))
    gpu_hours = state.gpu_seconds(now) / 3600
    if gpu_hours > 0:
        pieces.append(Piece(f"   {number(gpu_hours)} GPU-h", "dim"))
    elif state.started_at is None:
        pieces.append(Piece(f"   preparing for {duration(state.elapsed(now))}", "dim"))
    while len(pieces) > 1 and width_of(tuple(pieces)) > width:
        pieces.pop()
    return tuple(pieces)


def _bar(done: int, total: int, cells: int) -> list[Piece]:
    full = round(cells * done / total) if total else 0
    return [Piece("█" * full, "accent"), Piece("░" * (cells - full), "dim")]
