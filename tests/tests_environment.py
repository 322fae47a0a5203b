"""The environment of a program that a test starts: a home of its own, nothing of the person's who runs the test."""

from __future__ import annotations

import os
from pathlib import Path

PERSONAL = ("CI", "NO_COLOR", "SSH_CONNECTION", "TEXTUAL_THEME", "COLORFGBG", "KUBECONFIG")


def alone(folder: Path) -> dict[str, str]:
    """`folder` gets what the program keeps of its user."""
    kept = {name: value for name, value in os.environ.items() if name not in PERSONAL}
    return {**kept, **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("STATE", "CONFIG")}}
