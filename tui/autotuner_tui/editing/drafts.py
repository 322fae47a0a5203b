"""Unsaved changes of task files, kept under the user's state folder ($XDG_STATE_HOME/autotuner-tui/drafts on Linux)
from the moment they are typed until they are saved: no dropped line and no killed screen loses them. Each process has
its own of a file, so that two screens that edit the same one do not take each other's away."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_state_path

from autotuner_core.json_value import json_value
from autotuner_core.run.holders import holder_in, is_alive, is_here, this_process
from autotuner_core.run.processes import this_machine_id
from autotuner_core.run.whole_file import write_json

NEW = "new"
"""Stands for the path of a task that has no file yet."""


@dataclass(frozen=True)
class Draft:
    """`text` is not saved; `base` is the fingerprint of the file that it began with, `saved_at` seconds since the
    epoch, `place` where it lies."""

    text: str
    base: str
    saved_at: float
    place: Path


def fingerprint(text: str | None) -> str:
    """Tells texts of a file apart; of a file that is not there it is empty."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def drafts_folder() -> Path:
    """Where they lie."""
    return user_state_path("autotuner-tui") / "drafts"


def keep_draft(path: Path | None, text: str, base: str, taken: Path | None = None) -> None:
    """Keep it, instead of this process's older one, and of the one `taken` up by it. Raises OSError."""
    folder = drafts_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = _mine(path)
    record = {"path": str(path or NEW), "text": text, "base": base, "saved_at": time.time()}
    write_json({**record, "holder": asdict(this_process())}, mine)
    if taken is not None and taken != mine:
        taken.unlink(missing_ok=True)


def drop_draft(path: Path | None, taken: Path | None = None) -> None:
    """There is nothing unsaved any more here, nor in the one `taken` up. Raises OSError."""
    for place in {_mine(path), taken or _mine(path)}:
        place.unlink(missing_ok=True)


def kept_draft(path: Path | None) -> Draft | None:
    """The last unsaved text of a file, those apart that another living process has in hand; None where there is none,
    or none that can be read."""
    try:
        places = list(drafts_folder().glob(f"{_name(path)}*.json"))
    except OSError:
        return None
    found = [draft for place in places if (draft := _draft_in(place)) is not None]
    return max(found, key=lambda draft: draft.saved_at, default=None)


def _draft_in(place: Path) -> Draft | None:
    try:
        record = json_value(place.read_text(encoding="utf-8"))
        draft = Draft(str(record["text"]), str(record["base"]), float(record["saved_at"]), place)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    holder = holder_in(json.dumps(record.get("holder")).encode())
    others = holder is not None and holder.pid != os.getpid() and is_here(holder) and is_alive(holder)
    return None if others else draft


def _mine(path: Path | None) -> Path:
    whose = hashlib.sha256(f"{socket.gethostname()} {this_machine_id()} {os.getpid()}".encode()).hexdigest()[:12]
    return drafts_folder() / f"{_name(path)}-{whose}.json"


def _name(path: Path | None) -> str:
    return hashlib.sha256(str(path or NEW).encode("utf-8", "surrogateescape")).hexdigest()[:24]
