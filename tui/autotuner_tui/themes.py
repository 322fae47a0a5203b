"""The program's own two themes: calm, one accent colour, and colours of meaning for states alone."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="autotuner-dark",
        primary="#7aa2f7",
        secondary="#7dcfff",
        accent="#e0af68",
        foreground="#c8ccd4",
        background="#14161b",
        surface="#191c22",
        panel="#20242c",
        success="#9ece6a",
        warning="#e0af68",
        error="#f7768e",
        dark=True,
    ),
    Theme(
        name="autotuner-light",
        primary="#2e59c4",
        secondary="#0f6f8f",
        accent="#835410",
        foreground="#30343d",
        background="#f4f4f1",
        surface="#ebebe7",
        panel="#e0e0da",
        success="#3d7a20",
        warning="#835410",
        error="#b3263f",
        dark=False,
    ),
)


def theme_names() -> list[str]:
    """Ours, then those that Textual brings."""
    from textual.theme import BUILTIN_THEMES

    return [theme.name for theme in THEMES] + sorted(BUILTIN_THEMES)


def known_theme(name: str | None) -> str | None:
    """The name, where there is such a theme. Raises UserError."""
    from autotuner_tui.cli.exits import UserError

    names = theme_names()
    if name is not None and name not in names:
        raise UserError(f"there is no theme {name!r}", cure=f"one of {', '.join(names)}")
    return name
