"""A service that did not become ready in its time: what it was waiting for when the time was up."""

from __future__ import annotations

from autotuner_core.deploy.engine_log import last_lines
from autotuner_core.deploy.ome.diagnosis.events import event_lines, own_events
from autotuner_core.deploy.ome.diagnosis.view import InGrace, ServiceView, Verdict, engine_status, waiting
from autotuner_core.deploy.ome.fields import Object, condition, name_of, part, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_LONGER = "Raise optimization.timeout_per_iteration, if {what} needs longer."


def unready(view: ServiceView, found: InGrace | None, within: str, last_answer: str = "") -> ExperimentFailure:
    """The failure of a service that is not ready `within ...`. Only an engine that ran, and did not answer
    (`last_answer` says how), is held against its configuration; what waited for a node, an image or a volume is not.
    `found` is what kept it from starting, as far as that is known."""
    events = event_lines(own_events(view))
    pod = view.live_pods[-1] if view.live_pods else None
    if pod is None:
        return ExperimentFailure(
            Cause.UNSCHEDULABLE if isinstance(found, InGrace) else Cause.ADMISSION_DENIED,
            f"the engine had no pod {within}" + (f": {found.message}" if found else ""),
            evidence=(*(found.evidence if found else ()), *events),
            cure=f"kubectl describe inferenceservice {view.name}; kubectl describe deployment {view.name}-engine",
        )
    if not text(pod, "spec", "nodeName"):
        words = found.message if found else text(condition(pod, "PodScheduled"), "message") or "no scheduler took it"
        return ExperimentFailure(
            Cause.UNSCHEDULABLE,
            f"the engine's pod had no node {within}: {words}",
            evidence=(*(found.evidence if found else (words,)), *events),
            cure=_LONGER.format(what="the queue or the autoscaler"),
        )
    return on_its_node(view, pod, within, last_answer)


def on_its_node(view: ServiceView, pod: Object, within: str, last_answer: str = "") -> ExperimentFailure:
    """The failure of a service whose pod has a node."""
    status = engine_status(pod)
    events = event_lines(own_events(view), "Unhealthy", "FailedMount", "FailedCreatePodSandBox", "BackOff")
    reason, message = waiting(status)
    state = f"pod {name_of(pod)}: {text(pod, 'status', 'phase')} {reason} {message}".strip()
    if reason in ("ContainerCreating", "PodInitializing") or not status:
        pulling = [one for one in own_events(view) if text(one, "reason") in ("Pulling", "Pulled")]
        if pulling and text(pulling[-1], "reason") == "Pulling":
            return ExperimentFailure(
                Cause.IMAGE_PULL,
                f"the engine's image was still being pulled {within}",
                evidence=(state, text(pulling[-1], "message"), *events),
                cure=_LONGER.format(what="a large image") + " Or pull it onto the nodes beforehand.",
            )
        return ExperimentFailure(
            Cause.ENDPOINT_UNREACHABLE,
            f"the engine's container was not started {within} ({reason or 'not set up'})",
            evidence=(state, *events),
            cure=f"kubectl describe pod {name_of(pod)} shows what it waits for.",
        )
    log = view.logs(name_of(pod), text(status, "name"), False)
    words = f" ({last_answer})" if last_answer else ""
    return ExperimentFailure(
        Cause.NOT_READY_IN_TIME,
        f"the engine was not ready {within}{words}",
        evidence=(state, *events[-2:], *last_lines(log)),
        cure=_LONGER.format(what="the engine") + " Its probe's path and port stand in the runtime.",
    )


def given_up(view: ServiceView) -> Verdict:
    """Kubernetes has given the Deployment up (after 600 s, unless the runtime says otherwise), and its pod has not come
    to run the engine. One that runs may still become ready: how long to wait for that is the task's to say."""
    progressing = condition(view.deployment, "Progressing")
    if progressing.get("status") != "False" or text(progressing, "reason") != "ProgressDeadlineExceeded":
        return None
    pod = view.live_pods[-1] if view.live_pods else None
    if pod is None or not text(pod, "spec", "nodeName") or part(engine_status(pod), "state").get("running") is not None:
        return None
    return on_its_node(view, pod, f"before Kubernetes gave its Deployment up ({text(progressing, 'message')})")
