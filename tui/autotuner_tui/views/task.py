"""The panels beside a task's text: what is wrong, what a run would do, what the key under the cursor means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from autotuner_core.findings import Finding, Severity
from autotuner_core.report.format import number
from autotuner_tui.cli.findings import count_line
from autotuner_tui.editing.key_words import KeyWords
from autotuner_tui.headless.words import homely, plain
from autotuner_tui.widgets.lines import Line, Piece, line, neutral

if TYPE_CHECKING:
    from autotuner_core.plan.plan import Plan
    from autotuner_tui.editing.document import Document

NO_PLAN = (
    "what a run will do, how long it takes",
    "and what it costs stands here, once",
    "nothing is wrong with the task",
)
"""Lines that fit on a narrow terminal."""
SIGNS = {Severity.ERROR: ("✗", "bad"), Severity.WARNING: ("!", "warn"), Severity.NOTE: ("·", "dim")}


def problem_lines(findings: Sequence[Finding], width: int, here: int | None, checked: bool) -> list[Line]:
    """Each finding, the worst first, with its line, place and cure; the one in line `here` (from 1) is marked.
    `checked`: the text that they are of is the one that stands in the editor."""
    if not findings:
        return [line(("nothing is wrong", "good") if checked else ("being checked", "dim"))]
    order = list(SIGNS)
    worst_first = sorted(findings, key=lambda finding: order.index(finding.severity))
    return [shown for finding in worst_first for shown in _finding(finding, width, here)]


def problems_title(findings: Iterable[Finding]) -> str:
    """`Problems: 2 errors, 1 warning`."""
    findings = list(findings)
    return f"Problems: {count_line(findings)}" if findings else "Problems"


def _finding(finding: Finding, width: int, here: int | None) -> list[Line]:
    sign, style = SIGNS[finding.severity]
    where = f"{finding.line}: " if finding.line is not None else ""
    place = f"{finding.place}: " if finding.place else ""
    at_cursor = here is not None and finding.line == here
    text = _wrapped(plain(f"{where}{place}{finding.message}", 600), width - 2)
    cure = _wrapped(plain(finding.cure, 600), width - 4) if finding.cure else []
    said: list[Line] = [(Piece(f"{sign} ", style), Piece(text[0], "strong" if at_cursor else ""))]
    said += [(Piece(f"  {more}", "strong" if at_cursor else ""),) for more in text[1:]]
    return [*said, *((Piece("  → " if not at else "    ", "accent"), Piece(more)) for at, more in enumerate(cure))]


def key_lines(words: KeyWords | None, width: int) -> list[Line]:
    """What the key means, and what may stand there."""
    if words is None:
        return [line(("put the cursor on a key: what it means stands here", "dim"))]
    about = [(Piece(text),) for text in _wrapped(plain(words.about, 600), width)]
    facts = [(Piece(text, "dim"),) for fact in words.facts for text in _wrapped(plain(fact, 400), width)]
    return [(Piece(words.name, "accent"),), *about, *facts]


def plan_view(plan: Plan | None, task_name: str, width: int) -> list[Line]:
    """What a run would do: the sums first, then the plan as `plan` prints it, with its sentences in as many lines as
    they take. What has no effect is a finding."""
    if plan is None:
        return [line((text, "dim")) for text in NO_PLAN]
    from autotuner_tui.cli.plan_text import between, plan_lines

    of = plan.forecast
    count = len(plan.levels) - 1
    levels = f", each of {count} level{'s' if count != 1 else ''}"
    gpus = f"{number(of.gpu_hours.low)} to {number(of.gpu_hours.high)}" if of.gpu_hours.high else "none"
    sums = [
        line(("experiments ", "dim"), (str(len(plan.experiments)), "strong"), (levels, "dim")),
        line(("time        ", "dim"), (between(of.total), "strong")),
        line(("GPU-hours   ", "dim"), (gpus, "strong")),
    ]  # fmt: skip
    told = [row for text in plan_lines(plan, task_name) for row in (_wrapped(text, width) if _said(text) else [text])]
    return [*sums, (), *((Piece(text),) for text in told)]


def _said(text: str) -> bool:
    """Whether it is a sentence: a table's row has gaps between its columns."""
    return "  " not in text.strip()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(10, width)) or [""]


def head_line(document: Document, unsaved: bool, asking: bool) -> Line:
    """Which file, and whether it is saved."""
    path = document.path
    name = path.name if path is not None else "a new task, without a file yet"
    state = (" · not saved", "warn") if unsaved else (" · saved", "dim") if path is not None else ("", "")
    cluster = (" · asking the cluster", "busy") if asking else ("", "")
    folder = (f" · {neutral(homely(path.parent))}", "dim") if path is not None else ("", "")
    form = (f" · {document.kind.upper()}", "dim")
    return line((" Task ", "accent"), (neutral(name), "strong"), state, form, cluster, folder)
