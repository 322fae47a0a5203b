"""The queue of Kueue's that a task names: whether it is there, and lets pods in."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import Object, condition, text
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import Kind
from autotuner_core.task.problem import Problem, note, warning

_GROUP = "kueue.x-k8s.io"
QUEUE_LABEL = f"{_GROUP}/queue-name"
_PLACE = ("kubernetes", "labels")
_CONTROLLER = "kubectl get pods -n kueue-system shows whether it runs."
_GO = '\'{"spec": {"stopPolicy": "None"}}\''


def queue(look: Look) -> Iterator[Problem]:
    """Whether the queue that the task's labels name exists, and takes pods in; else engines wait in vain for as long as
    they may."""
    name = look.task.kubernetes.labels.get(QUEUE_LABEL)
    if name is None:
        return
    versions = look.client.versions_of(_GROUP)
    if not versions:
        message = f"the queue {name} ({QUEUE_LABEL}) is one of Kueue's, which is not installed: engines start at once"
        yield warning(_PLACE, message, "Install Kueue, or take the label out of kubernetes.labels.", "queue_unknown")
        return
    local = look.client.get(Kind(_GROUP, versions[0], "localqueues", "LocalQueue"), name, look.namespace)
    if local is None:
        message = f"the queue {name} ({QUEUE_LABEL}) does not exist in the namespace {look.namespace}"
        cure = f"kubectl get localqueues -n {look.namespace} lists those that there are."
        yield warning(_PLACE, message, cure, "queue_unknown")
        return
    own = _closed(local, f"the queue {name}", f"localqueue {name} -n {look.namespace}")
    open_ = note(_PLACE, f"engines wait in the queue {name} until it lets them in", code="queue")
    yield _closed_behind(look, local, versions[0]) or own or open_


def _closed_behind(look: Look, local: Object, version: str) -> Problem | None:
    """A queue is closed too where the ClusterQueue is that it leads to: that tells more, where it may be read."""
    if text(local, "spec", "stopPolicy") not in ("", "None"):
        return None
    name = text(local, "spec", "clusterQueue")
    try:
        cluster = look.client.get(Kind(_GROUP, version, "clusterqueues", "ClusterQueue", namespaced=False), name)
    except KubeError as error:
        if error.lacks_right:
            return None
        raise
    what = f"the queue {text(local, 'metadata', 'name')} leads to the ClusterQueue {name}, which"
    if cluster is None:
        cure = "kubectl get clusterqueues lists those that there are."
        return warning(_PLACE, f"{what} does not exist", cure, "queue_inactive")
    return _closed(cluster, what, f"clusterqueue {name}")


def _closed(body: Object, what: str, words: str) -> Problem | None:
    """Why a queue takes nothing in; `words` name it to kubectl."""
    policy, active = text(body, "spec", "stopPolicy"), condition(body, "Active")
    if policy not in ("", "None"):
        message, cure = f"{what} is stopped (stopPolicy {policy})", f"kubectl patch {words} --type merge -p {_GO}"
    elif active.get("status") == "False":
        said = active.get("message") or active.get("reason") or "it is not active"
        message, cure = f"{what} takes nothing in: {said}", f"kubectl describe {words}"
    elif not active:
        message, cure = f"{what} has been seen by nobody: Kueue's controller tells nothing of it", _CONTROLLER
    else:
        return None
    return warning(_PLACE, message, cure, "queue_inactive")
