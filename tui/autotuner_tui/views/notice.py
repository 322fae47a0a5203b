"""What a person must know of the run now, below its head: why it waits, how to go on. Empty where it simply
goes on."""

from __future__ import annotations

from pathlib import Path

from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.stages import pause_words
from autotuner_tui.headless.words import homely, plain
from autotuner_tui.views.wrapped import wrapped
from autotuner_tui.widgets.lines import Line

INTERRUPTED = "interrupted"


def notice_lines(
    state: RunState,
    standing: str,
    trouble: str,
    elsewhere: str,
    width: int,
    gone_from: Path | None = None,
    damaged: int = 0,
) -> list[Line]:
    """As many lines as it takes. `trouble`: why the record cannot be read; `elsewhere`: the machine on which the host
    lives, where that is another one; `gone_from`: where the run's folder was before it was moved or removed;
    `damaged`: how many lines of the journal are no events."""
    lines = _standing_lines(state, standing, trouble, elsewhere, width, gone_from)
    if damaged:
        lines += wrapped(damaged_words(damaged), width, "warn", indent="")
    return lines


def _standing_lines(
    state: RunState, standing: str, trouble: str, elsewhere: str, width: int, gone_from: Path | None
) -> list[Line]:
    if gone_from is not None:
        return wrapped(_gone(gone_from), width, "bad", indent="")
    if trouble:
        return wrapped(plain(trouble), width, "warn", indent="")
    if standing == INTERRUPTED:
        return wrapped("no process has the run in hand any more: p goes on with the run", width, "bad", indent="")
    if state.end is not None:
        return _ended(state, width)
    if state.paused is not None:
        return wrapped(f"{pause_words(state)}; p resumes", width, "warn", indent="")
    if state.stopping is not None:
        how = "what runs is killed" if state.stopping.now else "nothing new starts; cleaning up and saving"
        return wrapped(f"stopping{' at once' if state.stopping.now else ''}: {how}", width, "warn", indent="")
    if elsewhere:
        return wrapped(f"its host is on {plain(elsewhere)}: steer it there, here you look", width, "dim", indent="")
    return []


def damaged_words(damaged: int) -> str:
    """What it means that so many lines of the journal are no events."""
    lines = f"{damaged} line{'' if damaged == 1 else 's'}"
    return f"the journal is damaged: {lines} could not be read, and what they told is passed over"


def _gone(folder: Path) -> str:
    """What happened, and both ways on."""
    place = plain(homely(folder), 120)
    moved = "Moved: q, then `autotuner-tui attach` its new place"
    return f"the run's folder is gone. {moved}; back in {place} it goes on here"


def _ended(state: RunState, width: int) -> list[Line]:
    left = len(state.queue) + len(state.running)
    if state.end is None or not (left or state.end.message):
        return []
    words = [plain(state.end.message)] if state.end.message else []
    words += [f"{left} not measured: p goes on with them"] if left else []
    return wrapped(f"{state.end.reason}: {'; '.join(words)}", width, "warn", indent="")
