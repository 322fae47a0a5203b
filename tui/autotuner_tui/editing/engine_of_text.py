"""Which engine a text tunes, as far as it is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autotuner_core.engines.profile import Profile


def engine_of(text: str) -> Profile | None:
    """The profile of the engine that the text names; the one of the defaults where it names none yet. None where the
    engine is a command line of the user's own."""
    from autotuner_core.engines.profile import PROFILE_NAMES, profile_of_task
    from autotuner_core.task.local import Local
    from autotuner_core.task.model import Task

    engine = _word(text, "engine")
    known = engine in (*PROFILE_NAMES, "llama-server", "command")
    said: dict[str, Any] = {
        "backend": "local" if _word(text, "backend") == "local" else "ome",
        "base_runtime": _word(text, "base_runtime"),
        "local": Local.model_construct(engine=engine) if known else None,  # type: ignore[arg-type]
    }
    return profile_of_task(Task.model_construct(**said))


def _word(text: str, key: str) -> str | None:
    found = re.search(rf"""(?m)(?:^|[\s,{{])["']?{key}["']?\s*:\s*["']?([\w.-]+)""", text)
    return found[1] if found else None
