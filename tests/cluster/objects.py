"""What a fresh cluster is given: namespaces, OME's CRDs and ConfigMaps, a node with GPUs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .api import Api
from .credentials import NODE
from .errors import ClusterError
from .places import HERE, ome_folder
from .processes import until

SECONDS = 180
NAMESPACES = ("ome", "autotuner")
OWN = HERE / "objects"  # CRDs with the fields that the project uses, and what OME needs besides
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def create_namespaces(api: Api) -> None:
    """The operator's and the one that a kubeconfig of ours names."""
    for name in NAMESPACES:
        api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})


def crd_files(*, own: bool) -> dict[str, Path]:
    """The CRDs by name: OME's real ones where they are found and not forgone (`own`), the project's own elsewhere."""
    real = None if own else ome_folder()
    folders = [OWN / "crds"] + ([real / "crds"] if real else [])
    found = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):  # named GROUP_PLURAL.yaml, as controller-gen does
            group, _, plural = path.stem.partition("_")
            found[f"{plural}.{group}"] = path
    return found


def create_ome(api: Api, *, own: bool) -> None:
    """Create CRDs and ConfigMaps, and wait until the API serves every kind."""
    files = crd_files(own=own)
    for path in files.values():
        api.create(CRDS, path.read_bytes())
    for path in sorted((OWN / "config").glob("*.yaml")):
        api.create("/api/v1/namespaces/ome/configmaps", path.read_bytes())
    groups = {name.partition(".")[2] for name in files}
    if not until(lambda: all(name in _served(api, groups) for name in files), SECONDS, 0.1):
        raise ClusterError(f"the API does not serve {', '.join(files)} after {SECONDS} s")


def _served(api: Api, groups: Iterable[str]) -> set[str]:
    """The names (PLURAL.GROUP) of what the API serves of some groups."""
    found = set()
    for group in groups:
        status, answer = api.call("GET", f"/apis/{group}")
        for version in answer["versions"] if status == 200 else ():
            resources = api.ask("GET", f"/apis/{version['groupVersion']}")["resources"]
            found |= {f"{resource['name']}.{group}" for resource in resources}
    return found


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
