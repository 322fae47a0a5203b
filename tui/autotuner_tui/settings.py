"""What a person has chosen once: theme and habits of the log view. One small JSON file in the user's config folder
($XDG_CONFIG_HOME/autotuner-tui on Linux); one that cannot be read or written counts as none."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from platformdirs import user_config_path

from autotuner_core.json_value import json_value
from autotuner_core.run.whole_file import write_json
from autotuner_tui.themes import theme_names

DEFAULT_THEME = "autotuner-dark"
LIGHT_THEME = "autotuner-light"


def settings_file() -> Path:
    """Where they are kept."""
    return user_config_path("autotuner-tui") / "settings.json"


@dataclass
class Settings:
    """`mouse` is asked for by the command line each time; the rest is remembered."""

    theme: str = DEFAULT_THEME
    ansi: bool = False
    mouse: bool = True
    kept: dict[str, Any] = field(default_factory=dict)
    _chosen: dict[str, Any] = field(default_factory=dict)
    _writing: Lock = field(default_factory=Lock)

    def remember(self, **values: Any) -> Thread:
        """Keep these for the next time, beside what another screen has kept meanwhile. Never waits: a thread writes.
        Where the file cannot be written they hold until the end of the program."""
        self.kept.update(values)
        self._chosen = {**self._chosen, **values}
        writer = Thread(target=self._write, args=(settings_file(),), name="settings")
        writer.start()
        return writer

    def _write(self, file: Path) -> None:
        with self._writing, contextlib.suppress(OSError, ValueError):
            write_json({**_kept(file), **self._chosen}, file)


def load_settings(theme: str | None = None, mouse: bool = True) -> Settings:
    """What was remembered, with what the command line says now. In NO_COLOR the terminal's own colours are used."""
    kept = _kept(settings_file())
    wished = (theme, kept.get("theme"), os.environ.get("TEXTUAL_THEME"))
    chosen = next((name for name in wished if name in theme_names()), _by_background())
    return Settings(theme=chosen, ansi=bool(os.environ.get("NO_COLOR")), mouse=mouse, kept=kept)


def _kept(file: Path) -> dict[str, Any]:
    try:
        kept = json_value(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _by_background() -> str:
    """Terminals that set COLORFGBG (`15;0`) tell their background: 7 and 15 are light."""
    return LIGHT_THEME if os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") else DEFAULT_THEME
