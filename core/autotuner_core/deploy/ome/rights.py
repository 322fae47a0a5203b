"""The rights in a cluster that a run needs: one table, which the check before a run and the RBAC template both read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autotuner_core.deploy.ome.autoscaler import STATUS as AUTOSCALER

OME_NAMESPACE = "ome"
CONTROLLER = "ome-controller-manager"
"""The Deployment of OME's controller; its chart lets both be called nothing else."""


@dataclass(frozen=True)
class Rule:
    """Verbs on resources of one API group. `needed_for` says in words what is lost without it; `direct` is False for
    what only a load from inside the cluster (BenchmarkJob) needs; `name`: where objects of one name are
    enough; `optional`: a run begins without it."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    needed_for: str
    direct: bool = True
    name: str = ""
    optional: bool = False

    def to_rbac(self) -> dict[str, Any]:
        """The rule as a Role has it."""
        rule = {"apiGroups": [self.group], "resources": list(self.resources), "verbs": list(self.verbs)}
        return {**rule, "resourceNames": [self.name]} if self.name else rule


_LOOK = ("get", "list", "watch")
_MAKE = (*_LOOK, "create", "patch", "delete")

IN_NAMESPACE: tuple[Rule, ...] = (
    Rule("ome.io", ("inferenceservices",), _MAKE, "deploying engines and removing them"),
    Rule("ome.io", ("benchmarkjobs",), _MAKE, "loading engines from inside the cluster", direct=False),
    Rule("ome.io", ("basemodels", "servingruntimes"), _LOOK, "models and runtimes of the namespace"),
    Rule("apps", ("deployments",), _LOOK, "telling why an engine does not start"),
    Rule("batch", ("jobs",), _MAKE, "the lease that ends what a dead tuner left behind"),
    Rule("", ("pods",), (*_LOOK, "delete"), "watching engines, and ending those that do not end by themselves"),
    Rule("", ("pods",), ("create",), "reading results from the claim", direct=False),
    Rule("", ("pods/log",), ("get",), "the engine's log"),
    Rule("", ("pods/portforward",), ("get", "create"), "the way to the engine"),
    Rule("", ("services", "events"), _LOOK, "the engine's address, and what the cluster says of it"),
    Rule("", ("configmaps",), ("get", "list", "create", "delete"), "the launcher in the benchmark's pod", direct=False),
    Rule("", ("persistentvolumeclaims",), ("get", "list", "create"), "the claim for results", direct=False),
    Rule(
        "",
        ("persistentvolumeclaims",),
        ("delete",),
        "removing the further claims of experiments at the same time (the task's own claim is never removed)",
        direct=False,
        optional=True,
    ),
)

CLUSTER_WIDE: tuple[Rule, ...] = (
    Rule("ome.io", ("clusterbasemodels", "clusterservingruntimes", "acceleratorclasses"), _LOOK, "model and runtime"),
    Rule("", ("nodes",), ("get", "list"), "whether a node has enough GPUs"),
    Rule("", ("namespaces",), ("get", "create"), "the namespace, made where it is missing"),
)

OPTIONAL: tuple[Rule, ...] = (
    Rule("", ("pods",), ("get", "list"), "which GPUs are free (pods of all namespaces)"),
    Rule("", ("resourcequotas", "limitranges"), ("get", "list"), "quotas, before they refuse a pod"),
    Rule("apps", ("deployments",), ("get",), "whether OME's controller runs, and its release", name=CONTROLLER),
    Rule("", ("configmaps",), ("get",), "whether an autoscaler may add nodes", name=AUTOSCALER),
    Rule("apiextensions.k8s.io", ("customresourcedefinitions",), ("get",), "whether OME's version has what is used"),
    Rule("ome.io", ("inferenceservices", "benchmarkjobs"), ("list",), "`clean` in every namespace"),
    Rule("batch", ("jobs",), ("list",), "`clean` in every namespace"),
    Rule("", ("persistentvolumeclaims",), ("list",), "`clean` in every namespace"),
    Rule("scheduling.k8s.io", ("priorityclasses",), ("get", "list"), "whether the task's priority class exists"),
    Rule("kueue.x-k8s.io", ("localqueues", "clusterqueues"), ("get",), "whether the task's queue takes pods in"),
    Rule("storage.k8s.io", ("storageclasses",), ("get", "list"), "the claim's storage class", direct=False),
)
"""Cluster-wide as well; without one of them something is not told, and that is said."""
