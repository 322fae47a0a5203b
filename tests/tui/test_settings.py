"""What a person has chosen is kept, holds nothing up, and breaks nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autotuner_tui import settings as module
from autotuner_tui.app import AutotunerApp
from autotuner_tui.settings import DEFAULT_THEME, LIGHT_THEME, Settings, load_settings
from on_screen import on_screen
from recorded_run import Driven, recorded
from recordings import beginning
from waiting import wait_for


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "config" / "settings.json"
    monkeypatch.setattr(module, "settings_file", lambda: place)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    monkeypatch.delenv("COLORFGBG", raising=False)
    return place


def test_a_home_that_hangs_does_not_freeze_the_screen_on_the_key_for_another_theme(tmp_path: Path, file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)  # whoever reads it waits
    folder = recorded(tmp_path, beginning())
    settings = Settings()

    async def does(screen: Driven) -> None:
        await screen.sees("queued")
        await screen.press("ctrl+t")
        await screen.until(lambda: screen.app.theme != DEFAULT_THEME, "another theme")
        await screen.press("j")
        await screen.sees("theme")

    on_screen(lambda app: app.open_run(folder), lambda pilot: does(Driven(pilot)), settings=settings)
    with file.open("w") as pipe:
        pipe.write("{}")
    wait_for(lambda: file.is_file() and "theme" in json.loads(file.read_text()), 30, what="the theme in the file")


def test_what_another_screen_has_kept_meanwhile_is_not_taken_back(file: Path) -> None:
    one, other = load_settings(), load_settings()
    one.remember(theme=LIGHT_THEME).join()
    other.remember(log_wrap=True).join()
    assert json.loads(file.read_text()) == {"theme": LIGHT_THEME, "log_wrap": True}


@pytest.mark.parametrize("text", ['{"theme": "gone"}', '{"theme": 5}', '{"theme": {}}', "[1]", "\0", "[" * 100_000])
def test_settings_that_somebody_has_broken_do_not_keep_the_program_from_beginning(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    settings = load_settings()
    assert settings.theme == DEFAULT_THEME
    AutotunerApp(lambda app: app.screen, settings)


def test_settings_that_cannot_be_kept_hold_until_the_end(file: Path) -> None:
    file.parent.write_text("a file where the folder would be")
    settings = load_settings()
    settings.remember(log_wrap=True, odd=float("nan")).join()
    assert settings.kept["log_wrap"] is True
