"""The kinds that access rights are made of: tests make them, the product only writes them."""

from autotuner_core.kube.kinds import Kind

RBAC = "rbac.authorization.k8s.io"
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount")
RBAC_KINDS = {
    kind.name: kind
    for kind in (
        SERVICE_ACCOUNT,
        Kind(RBAC, "v1", "roles", "Role"),
        Kind(RBAC, "v1", "rolebindings", "RoleBinding"),
        Kind(RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False),
        Kind(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    )
}
