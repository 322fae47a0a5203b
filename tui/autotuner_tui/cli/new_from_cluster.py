"""`autotuner-tui new` of what a cluster has, or needs."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_tui.cli.exits import CLUSTER_UNREACHABLE, USAGE, UserError

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.kinds import Kind

DEFAULT_NAMESPACE = "autotuner"


def access_rights(arguments: Namespace) -> str:
    """The RBAC objects for runs in `--namespace`; with `--direct` only what loads from outside need."""
    from autotuner_core.deploy.ome.rbac import render_rbac
    from autotuner_core.failures import PreflightError

    templates = Path(arguments.templates).expanduser() if arguments.templates else None
    try:
        return render_rbac(arguments.namespace or DEFAULT_NAMESPACE, direct=arguments.direct, templates=templates)
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure) from error


def task_of(arguments: Namespace) -> tuple[str, str]:
    """The task made of the service `--from-isvc`, as a file has it, and its name. What was not carried over is said on
    stderr. Raises UserError where the service cannot be read, or no task can be made of it."""
    from autotuner_core.deploy.ome.from_service import task_of_service
    from autotuner_core.failures import FailureGroup, PreflightError
    from autotuner_core.kube.access import Access
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.kube.errors import KubeError, as_failure
    from autotuner_core.task.schema import SCHEMA_FILE
    from autotuner_tui.cli.cluster import kubeconfig_of
    from autotuner_tui.headless.outlet import Outlet

    named = kubeconfig_of(arguments)
    try:
        client = KubeClient.connect(Access(Path(named).expanduser() if named else None, arguments.context))
        namespace = arguments.namespace or client.namespace or "default"
        service, runtime, model = _read(client, arguments.from_isvc, namespace)
        made = task_of_service(service, runtime, model)
    except PreflightError as error:
        raise UserError(error.message, cure=error.cure) from error
    except KubeError as error:
        failure = as_failure(error, "read the service")
        code = CLUSTER_UNREACHABLE if failure.cause.group is FailureGroup.ACCESS else USAGE
        raise UserError(failure.message, cure=failure.cure, code=code) from error
    err = Outlet(sys.stderr)
    for note in made.notes:
        err.line(f"note: {note}")
    document = {"$schema": SCHEMA_FILE.as_uri(), **made.task}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n", str(made.task["task_name"])


def _read(
    client: KubeClient, name: str, namespace: str
) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any] | None]:
    from autotuner_core.kube import kinds

    service = client.get(kinds.INFERENCE_SERVICE, name, namespace)
    if service is None:
        raise UserError(
            f"there is no InferenceService {name} in the namespace {namespace} of {client.server}",
            cure="`kubectl get inferenceservices -A` lists them; --namespace names another namespace",
        )
    spec = service.get("spec") or {}
    named = (spec.get("runtime") or {}).get("name")
    if not named:
        raise UserError(
            f"the service {name} names no runtime: OME chose one by itself",
            cure="name one in its spec.runtime, or begin with an example: `autotuner-tui new`",
        )
    runtime = _either(client, kinds.SERVING_RUNTIME, kinds.CLUSTER_SERVING_RUNTIME, named, namespace)
    if runtime is None:
        raise UserError(f"the runtime {named} of the service {name} is not there")
    model = (spec.get("model") or {}).get("name")
    found = _either(client, kinds.BASE_MODEL, kinds.CLUSTER_BASE_MODEL, model, namespace) if model else None
    return service, runtime, found


def _either(client: KubeClient, of_namespace: Kind, of_cluster: Kind, name: str, namespace: str) -> Any:
    """OME looks in the namespace first."""
    return client.get(of_namespace, name, namespace) or client.get(of_cluster, name)
