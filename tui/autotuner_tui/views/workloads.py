"""Pods or processes of what is under way: phase, place, restarts, what they use; below them what happened last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autotuner_core.report import format as fmt
from autotuner_core.run.events import WorkloadObserved
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import plain
from autotuner_tui.streams import Attempt, StreamsNow
from autotuner_tui.streams.usage import Usage
from autotuner_tui.views.happenings import happening_lines
from autotuner_tui.widgets.lines import Line, Piece, fitted, line, shortened

PHASE_STYLES = {
    "running": "good", "starting": "busy", "pending": "warn", "failed": "bad", "unknown": "bad", "exited": "bad",
}  # fmt: skip
GONE = "deleted"
LEAST_NAME, NAME_END = 12, 9
"""Cells of a name, and those at its end that tell the pods of one service apart."""
NONE_UP = line(("pods or processes stand here while an experiment is under way", "dim"))


@dataclass(frozen=True)
class Row:
    """A pod or process, of which experiment, and what it uses where that is known."""

    experiment: int
    seen: WorkloadObserved
    usage: Usage


@dataclass(frozen=True)
class Column:
    """A figure of a row; the column is there where any row has it. `cells` is its least width, so that it does not jump
    with its figures."""

    name: str
    text: Callable[[Row], str]
    cells: int
    right: bool = True


def _memory(size: int | None) -> str:
    if size is None:
        return ""
    return f"{fmt.number(size / 2**30)} GiB" if size >= 2**30 else f"{fmt.number(size / 2**20)} MiB"


COLUMNS = (
    Column("phase", lambda row: plain(row.seen.phase, 12), 8, right=False),
    Column("ready", lambda row: "" if row.seen.ready is None else f"{int(row.seen.ready)}/1", 5),
    Column("node", lambda row: plain(row.seen.node, 24), 8, right=False),
    Column("pid", lambda row: str(row.seen.pid or ""), 6),
    Column("restarts", lambda row: str(row.seen.restarts) if row.seen.kind == "pod" else "", 8),
    Column("CPU", lambda row: "" if row.usage.cpu is None else fmt.percent(row.usage.cpu), 6),
    Column("memory", lambda row: _memory(row.usage.memory), 8),
    Column("GPU mem", lambda row: _memory(row.usage.gpu_memory), 8),
)


def workload_lines(
    state: RunState, streams: StreamsNow, focus: Attempt | None, width: int, height: int
) -> Sequence[Line]:
    """A line for each pod or process of the attempts under way, one more for why it does not run, and in the lines that
    are left the latest happenings of the attempt in focus."""
    rows = _rows(state, streams)
    lines = _table(rows, width) if rows else [NONE_UP]
    return [*lines[:height], *happening_lines(state, focus, width, height - len(lines))]


def workloads_title(state: RunState) -> str:
    """`Pods 3 and events`: what the panel is called, with how many are up."""
    name = "Processes" if state.task.get("backend") == "local" else "Pods"
    up = len(_rows(state, StreamsNow()))
    return f"{name} {up} and events" if up else f"{name} and events"


def _rows(state: RunState, streams: StreamsNow) -> list[Row]:
    rows = []
    for experiment in state.running:
        seen = experiment.latest.workloads.values() if experiment.latest is not None else ()
        usage = streams.usage.get(experiment.id)
        rows += [
            Row(experiment.id, one, usage if usage is not None and one.kind == "process" else Usage())
            for one in seen
            if one.phase.lower() != GONE
        ]
    return rows


def _table(rows: Sequence[Row], width: int) -> list[Line]:
    shown = [column for column in COLUMNS if any(column.text(row) for row in rows)]
    wide = {
        column.name: max(column.cells, len(column.name), *(len(column.text(row)) for row in rows)) for column in shown
    }
    while shown and _room(shown, wide, width) < LEAST_NAME:
        shown.pop()
    room = _room(shown, wide, width)
    head = f"exp {fitted('name', room)}" + "".join(
        " " + fitted(column.name, wide[column.name], right=column.right) for column in shown
    )
    lines: list[Line] = [(Piece(head, "dim"),)]
    for row in rows:
        lines.append(_line(row, shown, wide, room))
        if row.seen.reason:
            lines.append((Piece("    "), Piece(fitted(f"! {plain(row.seen.reason)}", max(1, width - 4)), "warn")))
    return lines


def _room(shown: Sequence[Column], wide: dict[str, int], width: int) -> int:
    return max(1, width - 4 - sum(wide[column.name] + 1 for column in shown))


def _line(row: Row, shown: Sequence[Column], wide: dict[str, int], room: int) -> Line:
    pieces = [
        Piece(f"{row.experiment:>3} ", "dim"),
        Piece(fitted(shortened(plain(row.seen.name), room, end=NAME_END), room)),
    ]
    for column in shown:
        style = PHASE_STYLES.get(row.seen.phase.lower(), "") if column.name == "phase" else ""
        pieces += [Piece(" "), Piece(fitted(column.text(row), wide[column.name], right=column.right), style)]
    return tuple(pieces)
