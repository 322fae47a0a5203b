"""README's table of keys, made from the registry: `python -m tests.readme_keys` writes it into README.md."""

from __future__ import annotations

from pathlib import Path

from autotuner_tui.actions import Action, written
from autotuner_tui.registry import ACTIONS

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- keys: made by python -m tests.readme_keys -->\n", "<!-- end of keys -->\n"


def key_table() -> str:
    """A row for each action: where it is, its keys, what it does. What means the same in several places is one row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for action in ACTIONS:
        if not action.id.startswith("panel_"):
            rows.setdefault((_keys(action), action.help), []).extend(sorted(action.places))
    lines = [
        f"| {', '.join(dict.fromkeys(places))} | {keys} | {help_.replace('|', '')} |"
        for (keys, help_), places in rows.items()
    ]
    panels = "| run, experiment | `1` to `6` | the panel of that number |"
    return "\n".join(["| where | key | does |", "|---|---|---|", *lines, panels, ""])


def _keys(action: Action) -> str:
    return " ".join(f"`{written(key)}`" for key in action.keys)


def with_table(text: str) -> str:
    """README's text with the table as it is now. Raises ValueError where its place is missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no place for the keys between {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{key_table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
