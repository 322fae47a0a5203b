"""OME's controller: whether it runs, and which release of it."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.fields import items, part, text
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.rights import CONTROLLER, OME_NAMESPACE
from autotuner_core.kube import kinds
from autotuner_core.task.problem import Problem, note

_WHERE = f"deployment/{CONTROLLER} -n {OME_NAMESPACE}"


def controller(look: Look) -> Iterator[Problem]:
    """Without it nothing is made of what a run sends, and nobody says so."""
    body = look.client.get(kinds.DEPLOYMENT, CONTROLLER, OME_NAMESPACE)
    if body is None:
        message = f"not known: whether OME's controller runs (no Deployment {CONTROLLER} in {OME_NAMESPACE})"
        cure = "kubectl get deployments -A | grep ome; where there is none: ./install.sh --install-ome"
        yield note((), message, cure, "controller_unknown")
        return
    wanted, up = part(body, "spec").get("replicas", 1), part(body, "status").get("availableReplicas") or 0
    if wanted == 0:
        message = f"OME's controller is switched off (0 replicas of {CONTROLLER}): nothing would be made"
        yield Problem((), message, f"kubectl scale {_WHERE} --replicas 1", code="controller_gone")
    elif up == 0:
        message = f"no replica of OME's controller ({CONTROLLER}) is available: nothing would be made"
        cure = f"kubectl rollout status {_WHERE}; kubectl logs {_WHERE}"
        yield Problem((), message, cure, code="controller_gone")
    else:
        containers = items(body, "spec", "template", "spec", "containers")
        images = ", ".join(text(one, "image") for one in containers)
        yield note((), f"OME's controller runs: {images}", code="controller")
