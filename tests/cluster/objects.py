"""What a fresh cluster is given: namespaces, OME's CRDs and ConfigMaps, a node with GPUs."""

from __future__ import annotations

from pathlib import Path

from .api import Api
from .credentials import NODE
from .errors import ClusterError
from .places import HERE, ome_folder
from .processes import until

NAMESPACES = ("ome", "autotuner")
OWN = HERE / "objects"  # CRDs with the fields that the project uses, and what OME needs besides
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def create_namespaces(api: Api) -> None:
    """The operator's and the one that a kubeconfig of ours names."""
    for name in NAMESPACES:
        api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})


def crd_files() -> dict[str, Path]:
    """The CRDs by name: OME's real ones where they are found, the project's own elsewhere."""
    real = ome_folder()
    folders = [OWN / "crds"] + ([real / "crds"] if real else [])
    found = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):  # named GROUP_PLURAL.yaml, as controller-gen does
            group, _, plural = path.stem.partition("_")
            found[f"{plural}.{group}"] = path
    return found


def apply_ome(api: Api) -> None:
    """Apply CRDs and ConfigMaps, and wait until the API serves every kind."""
    files = crd_files()
    for name, path in files.items():
        api.apply(f"{CRDS}/{name}", path.read_bytes())
    for path in sorted((OWN / "config").glob("*.yaml")):
        api.apply(f"/api/v1/namespaces/ome/configmaps/{path.stem}", path.read_bytes())
    for name in files:
        if not until(lambda name=name: _served(api, name), 20):
            raise ClusterError(f"the API does not serve {name} after 20 s")


def _served(api: Api, name: str) -> bool:
    plural, _, group = name.partition(".")
    status, groups = api.call("GET", f"/apis/{group}")
    if status != 200:
        return False
    versions = [version["groupVersion"] for version in groups["versions"]]
    resources = [item["name"] for version in versions for item in api.ask("GET", f"/apis/{version}")["resources"]]
    return plural in resources


def set_gpus(api: Api, gpus: int) -> None:
    """Give the node GPUs. A kubelet that starts takes them away again; one that runs leaves them."""
    amount = {"nvidia.com/gpu": str(gpus)}
    api.patch_status(f"/api/v1/nodes/{NODE}", {"capacity": amount, "allocatable": amount})


def node_is_ready(api: Api) -> bool:
    """Whether pods can be started."""
    status, node = api.call("GET", f"/api/v1/nodes/{NODE}")
    conditions = node.get("status", {}).get("conditions", []) if status == 200 else []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def default_account_is_there(api: Api) -> bool:
    """Whether pods can be created in the namespace."""
    return api.there(f"/api/v1/namespaces/{NAMESPACES[-1]}/serviceaccounts/default")
