"""An engine that the kubelet ends because a probe of it failed for too long."""

from __future__ import annotations

from autotuner_core.deploy.engine_log import last_lines
from autotuner_core.deploy.ome.diagnosis.events import event_line, event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, Verdict, engine_status
from autotuner_core.deploy.ome.fields import Object, name_of, text, uid_of
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause


def killed_by_probe(view: ServiceView, pod: Object) -> Object | None:
    """The event with which the kubelet ends a container whose probe failed for too long."""
    told = [
        one
        for one in own_events(view)
        if text(one, "reason") == "Killing"
        and text(one, "involvedObject", "uid") == uid_of(pod)
        and "probe, will be restarted" in text(one, "message")
    ]
    return told[-1] if told else None


def given_up_by_probe(view: ServiceView) -> Verdict:
    """The kubelet is about to restart the engine because a probe failed for too long."""
    pod = view.live_pods[-1] if view.live_pods else None
    killing = killed_by_probe(view, pod) if pod is not None else None
    if pod is None or killing is None or (view.serving and uid_of(pod) != view.serving):
        return None
    log = view.logs(name_of(pod), text(engine_status(pod), "name"), False)
    return failed_probe(view, killing, log, was_ready=bool(view.serving))


def failed_probe(view: ServiceView, killing: Object, log: str, *, was_ready: bool) -> ExperimentFailure:
    """The failure of an engine that its probe gave up."""
    line = event_line(killing)
    evidence = (line, *event_lines(own_events(view), "Unhealthy")[-2:], *last_lines(log))
    if was_ready:
        return ExperimentFailure(
            Cause.CRASH,
            "the engine did not answer its probe any more, and Kubernetes ended it",
            evidence=evidence,
            cure="It hung, or was too busy to answer: see engine.log, or raise its livenessProbe's failureThreshold.",
        )
    return ExperimentFailure(
        Cause.NOT_READY_IN_TIME,
        "the engine did not answer within the time of its probe, and Kubernetes ended it",
        evidence=evidence,
        cure="Raise failureThreshold of the runtime's startupProbe, if the engine needs longer to load the model.",
    )
