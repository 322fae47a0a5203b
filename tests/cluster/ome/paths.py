"""Where the objects that the controller reads and makes are in the API."""

from __future__ import annotations

OME = "/apis/ome.io/v1beta1"
ALL_SERVICES = f"{OME}/inferenceservices"
ALL_BENCHMARK_JOBS = f"{OME}/benchmarkjobs"
ALL_DEPLOYMENTS = "/apis/apps/v1/deployments"
ALL_JOBS = "/apis/batch/v1/jobs"
BENCHMARK_CONFIG = "/api/v1/namespaces/ome/configmaps/benchmarkjob-config"


def inference_service(namespace: str, name: str) -> str:
    """One InferenceService."""
    return f"{OME}/namespaces/{namespace}/inferenceservices/{name}"


def benchmark_job(namespace: str, name: str) -> str:
    """One BenchmarkJob."""
    return f"{OME}/namespaces/{namespace}/benchmarkjobs/{name}"


def runtimes(namespace: str, name: str) -> tuple[str, str]:
    """Where a runtime of this name may be: in the namespace, which comes first, or at cluster scope."""
    return f"{OME}/namespaces/{namespace}/servingruntimes/{name}", f"{OME}/clusterservingruntimes/{name}"


def models(namespace: str, name: str) -> tuple[str, str]:
    """Where a model of this name may be."""
    return f"{OME}/namespaces/{namespace}/basemodels/{name}", f"{OME}/clusterbasemodels/{name}"


COLLECTIONS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Service": "/api/v1/namespaces/{}/services",
    "Pod": "/api/v1/namespaces/{}/pods",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "Event": "/api/v1/namespaces/{}/events",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
}


def collection(kind: str, namespace: str) -> str:
    """The objects of a kind in a namespace."""
    return COLLECTIONS[kind].format(namespace)
