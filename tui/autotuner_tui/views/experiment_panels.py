"""What the panels of an experiment show, made anew only where it can have become another: files may be large, evidence
long, and the screen is brought up to date four times a second."""

from __future__ import annotations

from collections.abc import Callable

from autotuner_core.run.experiment_state import AttemptState, ExperimentState
from autotuner_core.run.run_state import RunState
from autotuner_tui.attempt_look import AttemptLook
from autotuner_tui.views.course import course_lines, failure_lines
from autotuner_tui.views.experiment import configuration_lines, sent_lines
from autotuner_tui.views.levels import level_lines
from autotuner_tui.views.spread import spread_lines
from autotuner_tui.widgets.lines import Line


class ExperimentPanels:
    """Keeps what was made last for each panel."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, list[Line]]] = {}

    def lines(
        self,
        panel: str,
        state: RunState,
        experiment: ExperimentState,
        attempt: AttemptState | None,
        look: AttemptLook,
        width: int,
        now: float,
    ) -> list[Line]:
        """The lines of configuration, course, failure, levels, spread or sent. `now`: until when the run goes on."""
        of = (width, experiment.id, attempt.attempt if attempt is not None else 0)
        told = (*of, experiment.status, len(experiment.attempts), _moment(state, experiment, now))
        ways: dict[str, tuple[object, Callable[[], list[Line]]]] = {
            "configuration": ((of, look.sent), lambda: configuration_lines(state, experiment, look.sent, width)),
            "course": (told, lambda: course_lines(experiment, attempt, now, width)),
            "failure": (told, lambda: failure_lines(state, experiment, width)),
            "levels": (told, lambda: level_lines(attempt, width)),
            "spread": ((of, look.spreads), lambda: spread_lines(look.spreads, level_names(attempt), width)),
            "sent": (look.sent, lambda: sent_lines(look.sent)),
        }
        key, make = ways[panel]
        made = self._made.get(panel)
        if made is None or made[0] != key:
            made = self._made[panel] = key, make()
        return made[1]


def _moment(state: RunState, experiment: ExperimentState, now: float) -> object:
    """Of one that is under way something changes with each event and each second."""
    return (state.last_seq, int(now)) if experiment.status == "running" else None


def level_names(attempt: AttemptState | None) -> dict[int, str]:
    """` · D(100,100) x4` by level."""
    names = {}
    for number, level in attempt.levels.items() if attempt is not None else ():
        if (of := level.ended or level.started) is not None:
            names[number] = f" · {of.scenario} x{of.concurrency}"
    return names
