"""Findings in the form that editors and people know: `file:line:column: error: place: what is wrong`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autotuner_tui.headless.words import plain

if TYPE_CHECKING:
    from autotuner_core.findings import Finding


def finding_lines(findings: Iterable[Finding], source: str) -> list[str]:
    """Each finding in a line, its cure indented below."""
    lines = []
    for finding in findings:
        position = "".join(f":{part}" for part in (finding.line, finding.column) if part is not None)
        place = f"{finding.place}: " if finding.place else ""
        lines.append(plain(f"{source}{position}: {finding.severity.value}: {place}{finding.message}", 1000))
        if finding.cure:
            lines.append(f"    {plain(finding.cure, 1000)}")
    return lines


def count_line(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`; `no findings` where there are none."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.severity.value] = counts.get(finding.severity.value, 0) + 1
    words = (f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in _ORDER if kind in counts)
    return ", ".join(words) or "no findings"


_ORDER = ("error", "warning", "note")
