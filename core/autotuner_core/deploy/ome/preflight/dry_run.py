"""The first object of the run, sent as it will be sent, without being made: schema, webhooks, policies."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.deploy.ome.diagnosis.refusals import refused
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import INFERENCE_SERVICE
from autotuner_core.task.problem import Problem, warning

_REFUSED = "the cluster refuses the first experiment's object"


def dry_run(look: Look) -> Iterator[Problem]:
    """What the API server says of the first experiment's InferenceService."""
    if not look.plan.experiments:
        return
    manifest = look.manifest(look.plan.experiment(look.plan.order[0]) if look.plan.order else look.plan.experiments[0])
    try:
        look.client.create(INFERENCE_SERVICE, manifest.body, look.namespace, dry_run=True)
    except KubeError as error:
        if error.reason == "AlreadyExists" or error.status == 404:
            return  # 404: the namespace, which was told of
        if error.status is not None and error.status >= 500 and "webhook" in error.message:
            cure = "kubectl get pods -n ome; right after its installation wait a moment, and try again."
            yield warning((), f"a webhook does not answer: {error.message}", cure, "webhook")
        elif error.refuses_object:
            told = refused(error.message, _REFUSED, namespace=look.namespace)
            yield Problem((), told.message, told.cure, code="refused")
        elif not error.lacks_right:
            raise
