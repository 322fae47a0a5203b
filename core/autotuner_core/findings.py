"""What a check found: an error, a warning or a remark, with its place and its cure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(str, Enum):
    """`error` refuses the task, `warning` may cost time or trust, `note` is only said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One finding. `place` is a path in the task file (`parameters.tp_size.values[1]`) or empty.

    `line` and `column` count from 1 and are None where the finding has no place in the file. `cure` says what would
    be right; `code` is a stable word for scripts.
    """

    severity: Severity
    message: str
    place: str = ""
    line: int | None = None
    column: int | None = None
    cure: str = ""
    code: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object; absent parts are left out."""
        record = {
            "severity": self.severity.value,
            "place": self.place,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "cure": self.cure,
            "code": self.code,
        }
        return {key: value for key, value in record.items() if value not in ("", None)}
