"""Paths completed as a shell does."""

from __future__ import annotations

import os
from pathlib import Path

MOST = 200
TASK_SUFFIXES = (".json", ".yaml", ".yml")


def completions(typed: str) -> list[str]:
    """What the typed path could become: folders (with a slash behind) and task files, sorted. Never fails."""
    head, _, begun = typed.rpartition("/")
    folder = Path(f"{head}/" if "/" in typed else ".").expanduser()
    before = f"{head}/" if "/" in typed else ""
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not begun.startswith(".")
                if entry.name.startswith(begun) and not hidden and (shown := _shown(entry)):
                    found.append(before + shown)
    except (OSError, ValueError):
        return []
    return sorted(found)[:MOST]


def completed(typed: str, candidates: list[str]) -> str:
    """As much more as all of them have in common."""
    if not candidates:
        return typed
    first, last = min(candidates), max(candidates)  # what these two share, all share
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


def _shown(entry: os.DirEntry[str]) -> str | None:
    try:
        if entry.is_dir():
            return f"{entry.name}/"
    except OSError:
        return None
    return entry.name if entry.name.endswith(TASK_SUFFIXES) else None
