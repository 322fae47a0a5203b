"""Why a BenchmarkJob's pod does not start, or ended before its time: told by the same judges as an engine's."""

from __future__ import annotations

from collections.abc import Sequence

from autotuner_core.benchmark.job.watching import JobSeen
from autotuner_core.deploy.engine_log import describe_exit
from autotuner_core.deploy.ome.diagnosis.deployment import pod_refused
from autotuner_core.deploy.ome.diagnosis.ended import NOT_STARTED
from autotuner_core.deploy.ome.diagnosis.events import event_lines
from autotuner_core.deploy.ome.diagnosis.mounts import not_mounted
from autotuner_core.deploy.ome.diagnosis.scheduling import unschedulable
from autotuner_core.deploy.ome.diagnosis.taken_away import taken_away
from autotuner_core.deploy.ome.diagnosis.view import ServiceView, engine_status
from autotuner_core.deploy.ome.diagnosis.waiting import NO_CREDENTIALS, WRONG_NAME, cannot_start
from autotuner_core.deploy.ome.fields import Object, created, going, name_of, part, text
from autotuner_core.failures import ExperimentFailure
from autotuner_core.failures import FailureCause as Cause

_FIRST_SIGNAL = 126
"""Exit codes from here on say that a program could not be run, or was ended by a signal."""
FREE_SECONDS = 30.0
"""In which what others hold under a quota may be free again: an engine that is started anew is dearer than the wait."""
EXIT_IO_ERROR = 74
"""The launcher's exit code where it could not write to the claim."""
_RESOURCES = "Set benchmark.resources (requests and limits of the load generator)"

_NO_PRIVILEGES = (
    "OME mounts the model's folder of the node into the load generator's pod, which the namespace's Pod Security "
    "Standard forbids: use another namespace, or load from this machine (--direct)."
)
_NO_PROGRAM = "The image must have genai-bench on its PATH: set benchmark.image."
_OF_IMAGES = {
    WRONG_NAME: "Correct the image's name and tag in benchmark.image.",
    NO_CREDENTIALS: "The registry wants credentials, and a BenchmarkJob cannot name them: add a pull secret to the "
    "namespace's service account default (kubectl patch serviceaccount default -p "
    '\'{"imagePullSecrets": [{"name": "NAME"}]}\').',
}
"""Cures that are others for a BenchmarkJob."""
_OURS = (("engine's", "load generator's"), ("kubernetes.resources", "benchmark.resources"))
"""What judges say of an engine, and what it is of a load generator."""


def trouble_of(seen: JobSeen, view: ServiceView, *, by_itself: bool = False) -> ExperimentFailure | None:
    """A failure as soon as the objects show one; None while nothing is wrong, or may pass by itself. A pod that has
    ended well is none, nor is one that runs `by_itself` and left by an exit code of its own: genai-bench leaves so too
    where the engine refused every request, and its files tell more."""
    if seen.is_gone:
        return ExperimentFailure(
            Cause.INTERRUPTED,
            f"the BenchmarkJob {seen.name} was removed, and this run did not do it",
            evidence=event_lines(view.events),
            cure="Somebody deleted it, or the lease that it hangs on ran out (a tuner that could not reach the "
            "cluster).",
        )
    for judge in (taken_away, _ended, cannot_start, not_mounted, unschedulable, _refused):
        if judge is _ended and by_itself and _left(view):
            continue
        found = judge(view)
        if isinstance(found, ExperimentFailure):
            return _of_the_load(found)
    return None


def view_of(seen: JobSeen, now: float, *, serving: str, grace: float, nodes: list[Object] | None) -> ServiceView:
    """What the judges look at: the batch Job makes the pod, as an engine's Deployment does. `serving` is the uid of the
    pod that has begun to load, empty before."""
    pod = seen.pod
    return ServiceView(
        service=seen.body,
        deployment=seen.batch_job,
        pods=[] if pod is None else [pod],
        events=seen.events,
        nodes=nodes,
        now=now,
        name=seen.name,
        serving=serving,
        grace=grace,
    )


def _ended(view: ServiceView) -> ExperimentFailure | None:
    """Its container ended by something else than its own end."""
    for pod in view.pods:
        how = part(engine_status(pod), "state", "terminated")
        code = how.get("exitCode")
        if not how or going(pod) or code == 0:
            continue
        reason = text(how, "reason")
        if code == EXIT_IO_ERROR:
            return not_written("its claim", (f"pod {name_of(pod)}: {reason} {code}",))
        killed = reason == "OOMKilled"
        said = "it was killed by its memory limit" if killed else describe_exit(int(code or 0))
        cure = f"{_RESOURCES}: it needs more memory." if killed else "Its output is in benchmark.log."
        if reason in NOT_STARTED:
            said, cure = "its program cannot be run", _NO_PROGRAM
        return ExperimentFailure(
            Cause.BENCHMARK_FAILED,
            f"the load generator's pod ended: {said}",
            evidence=(f"pod {name_of(pod)}: {reason} {text(how, 'message')}".strip(),
                      *event_lines(view.events)),
            cure=cure,
        )  # fmt: skip
    return None


def _refused(view: ServiceView) -> ExperimentFailure | None:
    """Its pod may not be made; where others use up a quota, not before Kubernetes has tried again for a while."""
    found = pod_refused(view)
    if not isinstance(found, ExperimentFailure):
        return None
    age = view.now - (created(view.deployment) or 0.0)
    return None if found.retry and age < FREE_SECONDS else found


def not_written(claim: str, evidence: Sequence[str]) -> ExperimentFailure:
    """The launcher could not write to the claim, which is named in words."""
    return ExperimentFailure(
        Cause.STORAGE_FULL,
        f"the load generator could not write to {claim}",
        evidence=evidence,
        cure="It is full, read-only, or lets only another user than the image's write: make room on it or have that "
        "changed, or name another in kubernetes.pvc.",
    )


def _left(view: ServiceView) -> bool:
    """Whether genai-bench ran and left, which nobody made it do."""
    hows = [part(engine_status(pod), "state", "terminated") for pod in view.pods]
    codes = [int(how.get("exitCode") or 0) for how in hows if text(how, "reason") == "Error"]
    return any(code < _FIRST_SIGNAL and code != EXIT_IO_ERROR for code in codes)


def _of_the_load(failure: ExperimentFailure) -> ExperimentFailure:
    """In words of the load generator, and held against nobody's configuration."""
    cause, cure = failure.cause, failure.cure
    if "subPath" in failure.message:  # that of its results: of no other volume is a part mounted
        return not_written("its claim", failure.evidence)
    if cause is Cause.DOES_NOT_FIT:
        cause, cure = Cause.UNSCHEDULABLE, f"{_RESOURCES}, or give the cluster a larger node."
    elif cause is Cause.MODEL_UNAVAILABLE and "volume" in failure.message:
        cause = Cause.STORAGE_FULL if "space" in failure.message else Cause.BENCHMARK_FAILED
    elif cause is Cause.ENDPOINT_UNREACHABLE:
        cause, cure = Cause.BENCHMARK_FAILED, _NO_PROGRAM
    elif cause is Cause.IMAGE_PULL:
        cure = _OF_IMAGES.get(cure, cure)
    elif "PodSecurity" in failure.message:
        cure = _NO_PRIVILEGES
    return ExperimentFailure(
        cause, _words(failure.message), evidence=tuple(failure.evidence), cure=_words(cure), retry=failure.retry
    )


def _words(text: str) -> str:
    for theirs, ours in _OURS:
        text = text.replace(theirs, ours)
    return text
