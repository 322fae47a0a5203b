"""The one question of a service under way: is something wrong, and what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from autotuner_core.deploy.ome.diagnosis.deployment import pod_refused
from autotuner_core.deploy.ome.diagnosis.ended import ended
from autotuner_core.deploy.ome.diagnosis.mounts import not_mounted
from autotuner_core.deploy.ome.diagnosis.probes import given_up_by_probe
from autotuner_core.deploy.ome.diagnosis.scheduling import unschedulable
from autotuner_core.deploy.ome.diagnosis.service import nothing_created, refused_by_ome, removed
from autotuner_core.deploy.ome.diagnosis.taken_away import taken_away
from autotuner_core.deploy.ome.diagnosis.unready import given_up, unready
from autotuner_core.deploy.ome.diagnosis.view import InGrace, ServiceView, Verdict
from autotuner_core.deploy.ome.diagnosis.waiting import cannot_start
from autotuner_core.failures import ExperimentFailure

# What was taken away explains why an engine ended, not the other way round; an engine that ended explains why nothing
# answers.
_JUDGES: tuple[Callable[[ServiceView], Verdict], ...] = (
    removed,
    taken_away,
    ended,
    given_up_by_probe,
    cannot_start,
    not_mounted,
    unschedulable,
    pod_refused,
    refused_by_ome,
    nothing_created,
    given_up,
)


def diagnose(view: ServiceView) -> Verdict:
    """A failure as soon as the objects show it; InGrace while it may pass by itself; None while nothing is wrong.

    Pure but for `view.logs`, which is asked only when an engine has ended. It says nothing of readiness.
    """
    grace: InGrace | None = None
    for judge in _JUDGES:
        found = judge(view)
        if isinstance(found, ExperimentFailure):
            return found
        grace = grace or found
    return grace


def not_ready_in_time(view: ServiceView, seconds: float, last_answer: str = "") -> ExperimentFailure:
    """The failure of a service that had `seconds` to become ready: what the objects tell, else what it was waiting for
    when the time was up. `last_answer` is what the engine's endpoint last said."""
    found = diagnose(view) or nothing_created(replace(view, created_after=0.0))
    return found if isinstance(found, ExperimentFailure) else unready(view, found, f"within {seconds:g} s", last_answer)
