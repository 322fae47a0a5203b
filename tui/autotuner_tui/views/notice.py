"""What a person must know of the run now, in a line below its head: why it waits, how to go on. Empty where it simply
goes on."""

from __future__ import annotations

from autotuner_core.run.run_state import RunState
from autotuner_tui.headless.stages import pause_words
from autotuner_tui.headless.words import plain
from autotuner_tui.widgets.lines import Line, line

INTERRUPTED = "interrupted"


def notice_lines(state: RunState, standing: str, trouble: str, elsewhere: str) -> list[Line]:
    """At most one line. `trouble`: why the record cannot be read; `elsewhere`: the machine on which the host lives,
    where that is another one."""
    if trouble:
        return [line((f" {plain(trouble)}", "warn"))]
    if standing == INTERRUPTED:
        return [line((" no process has the run in hand any more: p goes on with the run", "bad"))]
    if state.end is not None:
        return _ended(state)
    if state.paused is not None:
        return [line((f" {pause_words(state)}; p resumes", "warn"))]
    if state.stopping is not None:
        how = "what runs is killed" if state.stopping.now else "nothing new starts; cleaning up and saving"
        return [line((f" stopping{' at once' if state.stopping.now else ''}: {how}", "warn"))]
    if elsewhere:
        return [line((f" its host is on {plain(elsewhere)}: steer it there, here you look", "dim"))]
    return []


def _ended(state: RunState) -> list[Line]:
    left = len(state.queue) + len(state.running)
    if state.end is None or not (left or state.end.message):
        return []
    words = [plain(state.end.message)] if state.end.message else []
    words += [f"{left} not measured: p goes on with them"] if left else []
    return [line((f" {state.end.reason}: {'; '.join(words)}", "warn"))]
