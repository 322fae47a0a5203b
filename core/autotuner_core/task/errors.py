"""The one exception of loading a task: everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Iterable

from autotuner_core.findings import Finding


class TaskError(Exception):
    """A task that cannot be used. `findings` holds every error, in the order of the file; `remarks` the warnings and
    notes that were found besides. The text is one line per error."""

    def __init__(self, findings: Iterable[Finding], remarks: Iterable[Finding] = ()) -> None:
        self.findings = tuple(findings)
        self.remarks = tuple(remarks)
        super().__init__("\n".join(_line(finding) for finding in self.findings))


def _line(finding: Finding) -> str:
    where = f"line {finding.line}, column {finding.column}: " if finding.line is not None else ""
    place = f"{finding.place}: " if finding.place else ""
    cure = f" ({finding.cure})" if finding.cure else ""
    return f"{where}{place}{finding.message}{cure}"
