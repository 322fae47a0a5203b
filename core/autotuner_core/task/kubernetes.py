"""What the Kubernetes objects of a run carry besides what the tuner puts there (`backend: ome` only)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from autotuner_core.task.part import Part


class Pvc(Part):
    """The claim that BenchmarkJobs write their results to."""

    name: str = Field(
        "benchmark-results-pvc",
        description="The claim's name; made where it is missing. Default: benchmark-results-pvc.",
    )
    size: str = Field("1Gi", description="Its size where it is made. Default: 1Gi.")
    storage_class: str | None = Field(
        None,
        description="Its storage class where it is made; empty for a volume that was made by hand. Default: the "
        "cluster's. Example: nfs.",
    )
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] = Field(
        "ReadWriteOnce",
        description="Its access mode where it is made. One that only one node may write (ReadWriteOnce, the default) "
        "gets a sister for each further experiment that runs at the same time.",
    )


class Kubernetes(Part):
    """What the Kubernetes objects of a run carry besides what the tuner puts there (`backend: ome` only)."""

    labels: dict[str, str] = Field(
        {},
        description="Labels of every object and pod; a queueing system's, for example. "
        'Example: {"kueue.x-k8s.io/queue-name": "tuning"}.',
    )
    annotations: dict[str, str] = Field({}, description='Annotations of every object and pod. Example: {"team": "ml"}.')
    node_selector: dict[str, str] = Field(
        {}, description='Labels that a node must have. Example: {"gpu-type": "h100"}.'
    )
    tolerations: list[dict[str, Any]] = Field(
        [], description='Taints to tolerate, as in a pod. Example: [{"key": "gpu", "operator": "Exists"}].'
    )
    image: str | None = Field(
        None,
        description="The engine's image. Default: the runtime's. Example: docker.io/lmsysorg/sglang:v0.5.5.",
    )
    priority_class: str | None = Field(None, description="The pods' priority class. Default: the cluster's.")
    image_pull_secrets: list[str] = Field(
        [], description='Names of the secrets for private images. Example: ["registry"].'
    )
    service_account: str | None = Field(None, description="The pods' service account. Default: the namespace's.")
    env_from_secrets: dict[str, str] = Field(
        {},
        description="Environment variables out of secrets, as secret/key; their values appear nowhere. "
        'Example: {"HF_TOKEN": "hf/token"}.',
    )
    shm_size: str | None = Field(
        None, description="Size of /dev/shm in the engine's pod. Default: the runtime's. Example: 16Gi."
    )
    resources: dict[str, Any] = Field(
        {},
        description="Requests and limits of the engine besides GPUs, as in a container. "
        'Example: {"requests": {"cpu": "8", "memory": "64Gi"}}.',
    )
    gpu_resource: str = Field(
        "nvidia.com/gpu", description="The resource name that counts GPUs. Default: nvidia.com/gpu."
    )
    lease_minutes: float = Field(
        10,
        ge=1,
        le=1440,
        description="Minutes after which the cluster removes everything of a run whose tuner has died. Default: 10.",
    )
    schedule_grace: float = Field(
        120,
        ge=0,
        le=86400,
        description="Seconds in which a pod may find no node before that counts: GPUs may still be being freed, an "
        "autoscaler may be at work. What no node could ever hold is told at once. Default: 120.",
    )
    pvc: Pvc = Field(Pvc(), description="The claim that BenchmarkJobs write their results to.")
