"""Unsaved changes of task files, kept under the user's state folder ($XDG_STATE_HOME/autotuner-tui/drafts on Linux)
from the moment they are typed until they are saved: no dropped line and no killed screen loses them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from autotuner_core.json_value import json_value
from autotuner_core.run.whole_file import write_json

NEW = "new"
"""Stands for the path of a task that has no file yet."""


@dataclass(frozen=True)
class Draft:
    """`text` is not saved; `base` is the fingerprint of the file that it began with, `saved_at` seconds since the
    epoch."""

    text: str
    base: str
    saved_at: float


def fingerprint(text: str | None) -> str:
    """Tells texts of a file apart; of a file that is not there it is empty."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def drafts_folder() -> Path:
    """Where they lie."""
    return user_state_path("autotuner-tui") / "drafts"


def keep_draft(path: Path | None, text: str, base: str) -> None:
    """Keep it, instead of an older one. Raises OSError."""
    folder = drafts_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = {"path": str(path or NEW), "text": text, "base": base, "saved_at": time.time()}
    write_json(record, _place(path))


def drop_draft(path: Path | None) -> None:
    """There is nothing unsaved any more. Raises OSError."""
    _place(path).unlink(missing_ok=True)


def kept_draft(path: Path | None) -> Draft | None:
    """The unsaved text of a file; None where there is none, or none that can be read."""
    try:
        record = json_value(_place(path).read_text(encoding="utf-8"))
        return Draft(str(record["text"]), str(record["base"]), float(record["saved_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(path: Path | None) -> Path:
    name = hashlib.sha256(str(path or NEW).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return drafts_folder() / f"{name}.json"
