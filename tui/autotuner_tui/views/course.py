"""The course of an attempt, attempts side by side, and why those failed that did."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.report import format as fmt
from autotuner_core.report.evidence import log_of
from autotuner_core.run.experiment_state import AttemptState, ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.words import clock
from autotuner_tui.views.wrapped import wrapped
from autotuner_tui.widgets.lines import Line, Piece, fitted, line

STAGE_CELLS, SECONDS_CELLS = 14, 12
LONGEST_EVIDENCE = 4000


def course_lines(experiment: ExperimentState, attempt: AttemptState | None, now: float, width: int) -> list[Line]:
    """The stages of an attempt, each with when it began and how long it took; below them all attempts."""
    if attempt is None:
        return [line((" not begun: its stages and attempts will stand here", "dim"))]
    lines = [line((f" attempt {attempt.attempt} · {attempt.purpose} · began {clock(attempt.started_at)}", "dim"))]
    spans = stage_spans(attempt, now)
    whole = max(attempt.seconds(now), 1e-9)
    bar = max(4, width - STAGE_CELLS - 2 * SECONDS_CELLS - 3)
    for name, began, seconds in spans:
        start = min(bar - 1, int(bar * began / whole))
        cells = max(1, min(bar - start, round(bar * seconds / whole)))
        lines.append(
            line(
                f" {fitted(name.replace('_', ' '), STAGE_CELLS)}",
                (fitted("+" + fmt.duration(began), SECONDS_CELLS, right=True), "dim"),
                fitted(fmt.duration(seconds), SECONDS_CELLS, right=True),
                (f" {' ' * start}{'━' * cells}", "accent"),
            )
        )
    if attempt.hardware is not None:
        seen = attempt.hardware
        where = " · ".join(text for text in (seen.node, seen.pool, seen.gpu_product, seen.driver, seen.image) if text)
        lines += wrapped(where, width, "dim")
    return [*lines, (), *attempt_lines(experiment.attempts, attempt, now, width)]


def stage_spans(attempt: AttemptState, now: float) -> list[tuple[str, float, float]]:
    """(stage, when it began after the attempt's start, how long it took), both in seconds."""
    moments = list(attempt.stages)
    ends = [*(began for _, began in moments[1:]), attempt.ended_at or max(now, attempt.started_at)]
    return [
        (name, max(0.0, began - attempt.started_at), max(0.0, end - began))
        for (name, began), end in zip(moments, ends, strict=False)  # one that failed at once has no stages
    ]


def attempt_lines(attempts: Sequence[AttemptState], shown: AttemptState, now: float, width: int) -> list[Line]:
    """All attempts side by side, the newest ones where not all have room; the one that is looked at is marked."""
    cells = 16
    kept = attempts[-max(1, (width - STAGE_CELLS) // cells) :]
    rows: list[tuple[str, list[Piece]]] = [
        (
            "",
            [
                Piece(f"{'▸' if a is shown else ' '}attempt {a.attempt}", "accent" if a is shown else "dim")
                for a in kept
            ],
        ),
        ("outcome", [_outcome(a) for a in kept]),
        ("score", [Piece(_score(a)) for a in kept]),
        ("purpose", [Piece(a.purpose) for a in kept]),
        ("took", [Piece(fmt.duration(a.seconds(now))) for a in kept]),
        ("GPUs", [Piece(f"{a.gpu_count:g}") for a in kept]),
        ("levels", [Piece(_levels(a)) for a in kept]),
    ]
    stages = dict.fromkeys(name for a in kept for name, _ in a.stages)
    rows += [(stage.replace("_", " "), [Piece(_stage(a, stage, now), "dim") for a in kept]) for stage in stages]
    return [
        (Piece(f" {fitted(name, STAGE_CELLS)}", "dim"), *(Piece(fitted(p.text, cells), p.style) for p in row))
        for name, row in rows
    ]


def _outcome(attempt: AttemptState) -> Piece:
    if attempt.ended is None:
        return Piece("▶ under way" if attempt.ended_at is None else "- cut off", "busy")
    words = (attempt.ended.cause or attempt.ended.outcome).replace("_", " ")
    sign, style = {"scored": ("✔", "good"), "failed": ("✘", "bad")}.get(attempt.ended.outcome, ("-", "dim"))
    return Piece(f"{sign} {words}", style)


def _score(attempt: AttemptState) -> str:
    return fmt.number(attempt.ended.score) if attempt.ended and attempt.ended.score is not None else ""


def _levels(attempt: AttemptState) -> str:
    measured = [level for number, level in attempt.levels.items() if number > 0 and level.ended is not None]
    return f"{len(measured)} measured" if measured else ""


def _stage(attempt: AttemptState, stage: str, now: float) -> str:
    seconds = [taken for name, _, taken in stage_spans(attempt, now) if name == stage]
    return fmt.duration(sum(seconds)) if seconds else ""


def failure_lines(state: RunState, experiment: ExperimentState, width: int) -> list[Line]:
    """Every attempt that failed, the latest first: its cause, all evidence, what the cluster said, log and cure."""
    lines: list[Line] = []
    for attempt in reversed(experiment.attempts):
        ended = attempt.ended
        if ended is None or ended.outcome != "failed":
            continue
        again = "; it was tried again" if ended.will_retry else ""
        lines += wrapped(
            f"✘ attempt {attempt.attempt}: {(ended.cause or 'failed').replace('_', ' ')}{again}", width, "bad"
        )
        lines += wrapped(ended.message, width)
        if ended.cure:
            lines += wrapped(f"cure: {ended.cure}", width, "strong")
        for text in ended.evidence:
            lines += wrapped(f"| {text[:LONGEST_EVIDENCE]}", width, "dim")
        for seen in attempt.cluster_events[-10:]:
            lines += wrapped(f"| {seen.reason}: {seen.message}", width, "dim")
        if where := log_of(state, ended):
            lines += wrapped(f"log: {where} (l shows it)", width, "dim")
        lines.append(())
    if experiment.status == "skipped":
        lines += wrapped(f"skipped: {experiment.skip_reason}", width, "dim")
    return lines or wrapped("nothing failed: the cause, evidence and cure of a failure would stand here", width, "dim")
