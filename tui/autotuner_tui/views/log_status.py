"""Where in a log one is, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_tui.widgets.lines import Line, Piece, neutral


@dataclass(frozen=True)
class LogStatus:
    """`seen`: the first and last line on the screen, from 1; `hit`: which of `hits` the search has gone to, from 1."""

    count: int = 0
    seen: tuple[int, int] = (0, 0)
    follow: bool = False
    read: float = 1.0
    trouble: str = ""
    needle: str = ""
    hits: int = 0
    hit: int = 0
    searched: float = 1.0
    filtered: bool = False
    column: int = 0


def status_line(now: LogStatus) -> Line:
    """`98-120/4,532 · following · "error" 3/41`."""
    parts: list[Piece] = []
    if now.trouble:
        parts.append(Piece(neutral(now.trouble), "warn"))
    if now.count:
        parts.append(Piece(f"{now.seen[0]:,}-{now.seen[1]:,}/{now.count:,}", "dim"))
    if now.read < 1:
        parts.append(Piece(f"reading {now.read:.0%}", "dim"))
    if now.follow and now.count:
        parts.append(Piece("following", "accent"))
    if now.needle:
        parts += _search(now)
    if now.column:
        parts.append(Piece(f"from column {now.column + 1}", "dim"))
    separated = [piece for part in parts for piece in (Piece(" · ", "dim"), part)]
    return tuple(separated[1:])


def _search(now: LogStatus) -> list[Piece]:
    where = f"{now.hit:,}/{now.hits:,}" if now.hit else f"in {now.hits:,} lines"
    found = [Piece(f'"{neutral(now.needle)}" {where}', "strong" if now.hits else "warn")]
    if now.searched < 1:
        found.append(Piece(f"searched {now.searched:.0%}, Esc ends it", "dim"))
    if now.filtered:
        found.append(Piece("only these lines", "accent"))
    return found
