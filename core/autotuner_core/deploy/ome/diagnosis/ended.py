"""An engine's container that ended: what ended it, in the order of certainty: memory limit, probe, log, exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autotuner_core.deploy.engine_log import describe_exit, last_lines, signal_of, told_by
from autotuner_core.deploy.ome.diagnosis.events import event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.probes import failed_probe, killed_by_probe
from autotuner_core.deploy.ome.diagnosis.view import (
    ServiceView,
    Verdict,
    engine_container,
    engine_status,
    init_statuses,
    waiting,
)  # fmt: skip
from autotuner_core.deploy.ome.diagnosis.waiting import cannot_run
from autotuner_core.deploy.ome.fields import Object, going, name_of, part, text, uid_of
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_CURES = {
    Cause.MODEL_UNAVAILABLE: "Check the model's storage (kubectl get clusterbasemodel -o yaml); a gated one wants "
    'kubernetes.env_from_secrets: {"HF_TOKEN": "SECRET/KEY"}.',
    Cause.DOES_NOT_FIT: "Check that the GPUs are asked for by the right name (kubernetes.gpu_resource), and the node's "
    "driver and device plugin.",
    Cause.STORAGE_FULL: "Raise kubernetes.shm_size where it is /dev/shm, else free the node's disk.",
    Cause.ENDPOINT_UNREACHABLE: "Correct image, command and port of the runtime (or kubernetes.image).",
}
"""In a cluster these are cured elsewhere than on one machine."""
NOT_STARTED = ("StartError", "ContainerCannotRun")


@dataclass(frozen=True)
class Ending:
    """How a container ended. `replaced` says that another one runs or is to run in its place, `deaths` how often it
    has ended in all."""

    pod: Object
    container: str
    reason: str
    code: int
    message: str
    replaced: bool
    deaths: int


def ended(view: ServiceView) -> Verdict:
    """The engine's container ended, at the first time that it did; an init container too, where it failed."""
    for pod in reversed(view.pods):
        if going(pod):
            continue
        for status in init_statuses(pod):
            if waiting(status)[0] == "CrashLoopBackOff" and (ending := _ending(pod, status)):
                return _init_failed(view, ending)
        known = view.restarts if view.serving and uid_of(pod) == view.serving else 0
        ending = _ending(pod, engine_status(pod))
        if ending and ending.deaths > known:
            return _diagnosed(view, ending)
    return None


def _ending(pod: Object, status: Object) -> Ending | None:
    now, before = part(status, "state", "terminated"), part(status, "lastState", "terminated")
    how = now or before
    if not how:
        return None
    count, code = status.get("restartCount"), how.get("exitCode")
    runs = bool(part(status, "state").get("running") is not None)
    return Ending(
        pod,
        text(status, "name"),
        text(how, "reason"),
        code if isinstance(code, int) else -1,
        text(how, "message"),
        not now,
        (count if isinstance(count, int) else 0) + (0 if runs else 1),
    )


def _diagnosed(view: ServiceView, ending: Ending) -> ExperimentFailure:
    if ending.reason in NOT_STARTED:
        return cannot_run(view, ending.pod, ending.reason, ending.message)
    was_ready = bool(view.serving)
    when = "while it was under load" if was_ready else "before it was ready"
    how = describe_exit(ending.code)
    log = _log(view, ending)
    if ending.reason == "OOMKilled":
        return _memory_limit(view, ending, f"the engine ended {when}", log)
    if killing := killed_by_probe(view, ending.pod):
        return failed_probe(view, killing, log, was_ready=was_ready)
    if told := told_by(f"{ending.message}\n{log}", was_ready=was_ready):
        rule = told.rule
        return ExperimentFailure(
            rule.cause, told.message, evidence=_evidence(view, ending, told.line, log),
            cure=_CURES.get(rule.cause, rule.cure), retry=rule.retry,
        )  # fmt: skip
    killed = signal_of(ending.code) == "SIGKILL"
    cure = "Its log says more: engine.log in the attempt's folder."
    if killed:
        cure = "Something ended it from outside: often the node ran out of memory (kubectl describe node)."
    return ExperimentFailure(
        Cause.CRASH, f"the engine ended {when}: {how}", evidence=_evidence(view, ending, ending.message, log), cure=cure
    )


def _memory_limit(view: ServiceView, ending: Ending, ended_when: str, log: str) -> ExperimentFailure:
    limit = text(engine_container(ending.pod), "resources", "limits", "memory")
    of = f" of {limit}" if limit else ""
    line = f"container {ending.container}: OOMKilled, memory limit {limit or 'not set (the node ran out)'}"
    return ExperimentFailure(
        Cause.OUT_OF_MEMORY,
        f"{ended_when}: it was killed by its memory limit{of}",
        evidence=_evidence(view, ending, line, log),
        cure="Raise kubernetes.resources.limits.memory, or lower what the configuration keeps in the machine's memory "
        "(/dev/shm counts too).",
    )


def _init_failed(view: ServiceView, ending: Ending) -> ExperimentFailure:
    log = _log(view, ending)
    return ExperimentFailure(
        Cause.ENDPOINT_UNREACHABLE,
        f"the engine's pod cannot start: its init container {ending.container} ended with exit code {ending.code}",
        evidence=_evidence(view, ending, ending.message, log),
        cure=f"kubectl logs {name_of(ending.pod)} -c {ending.container}; it comes from the runtime or from a webhook.",
    )


def _log(view: ServiceView, ending: Ending) -> str:
    """The log of the container that ended; behind the one before it, where there was one."""
    name = name_of(ending.pod)
    last = view.logs(name, ending.container, ending.replaced)
    if ending.replaced:
        return last
    before = view.logs(name, ending.container, True) if ending.deaths > 1 else ""
    return "\n".join(one for one in (before, last) if one)


def _evidence(view: ServiceView, ending: Ending, line: str, log: str) -> Sequence[str]:
    """How it ended, the line that tells why, the events, and the last lines of its log."""
    how = f"container {ending.container} of {name_of(ending.pod)}: {ending.reason} {describe_exit(ending.code)}"
    if ending.deaths > 1:
        how += f", {ending.deaths} times"
    lines = [one for one in last_lines(log) if one != line]
    first = [" ".join(line.split())] if line.strip() else []
    events = event_lines(own_events(view), "Failed", "FailedMount", "Evicted", "SystemOOM")
    return (how, *first, *events, *lines)
