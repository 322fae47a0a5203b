"""Which logs there are, and which one is shown, in a panel's title."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from autotuner_tui.logs.sources import Source


def title_of(sources: Sequence[Source], chosen: int, lead: Sequence[str], room: int) -> str:
    """`4 Logs · exp 7 · ▸engine  benchmark · tuner  host`; in fewer cells `4 Logs · exp 7 · engine 1/4`."""
    parts = list(lead)
    for _, grouped in groupby(enumerate(sources), lambda each: each[1].path.parent):
        members = list(grouped)
        group = members[0][1].group
        names = " ".join(f"{'▸' if at == chosen else ' '}{source.name}" for at, source in members)
        parts.append(f"{group} {names}" if group else names.strip())
    title = " · ".join(part for part in parts if part)
    if len(title) <= room or not sources:
        return title
    shown = sources[chosen]
    which = f"{shown.group} {shown.name} {chosen + 1}/{len(sources)}".strip()
    return " · ".join(part for part in (*lead, which) if part)
