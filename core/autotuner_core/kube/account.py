"""The way in from within a pod: by the pod's own account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotuner_core.failures import PreflightError
from autotuner_core.kube.login import Login, bearer_of
from autotuner_core.kube.pool import new_pool

CONTEXT = "the pod's own account"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def by_account(environment: Mapping[str, str] = os.environ) -> Login:
    """Raises PreflightError."""
    from kubernetes.client.configuration import Configuration
    from kubernetes.config import incluster_config as loader
    from kubernetes.config.config_exception import ConfigException

    incluster_config: Any = loader  # it has no types
    configuration = Configuration()
    try:
        incluster_config.load_incluster_config(client_configuration=configuration)
        namespace = (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
        pool = new_pool(configuration, None, environment)
    except (ConfigException, OSError) as error:
        raise PreflightError(
            f"this pod has no account for the cluster: {error}",
            cure="Give the pod a serviceAccountName, with automountServiceAccountToken left on.",
        ) from error
    return Login(str(configuration.host), CONTEXT, namespace, (), pool, bearer_of(configuration))
