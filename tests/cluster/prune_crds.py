"""Writes objects/crds from OME's own CRDs: `python -m tests.cluster.prune_crds FOLDER_OF_OMES_CRDS`.

OME's are 5 MB. Ours keep every field that the project or an engine's pod may use, with its type, what is demanded and
which values it may have, so that strict validation refuses the same mistakes; descriptions go, and what is below a
field of OPAQUE may be anything.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .objects import OWN

OPAQUE = frozenset({
    # parts of an InferenceService or a runtime that no single-node engine has
    "decoder", "decoderConfig", "leader", "predictor", "router", "routerConfig", "worker", "workers",
    # parts of a pod that are passed on as they are
    "affinity", "containers", "deploymentStrategy", "dnsConfig", "ephemeralContainers", "hostAliases",
    "initContainers", "kedaConfig", "lifecycle", "livenessProbe", "nodeAffinity", "readinessGates", "readinessProbe",
    "resizePolicy", "resourceClaims", "securityContext", "startupProbe", "topologySpreadConstraints", "volumeDevices",
    "volumes", "acceleratorOverride", "diffusionPipeline",
})  # fmt: skip
WORDS = frozenset({"description", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"})
TELL = "# OME v0.1.5 (Apache-2.0), pruned by tests/cluster/prune_crds.py. Strict JSON, which is YAML too.\n"


def main(folder: Path, out: Path = OWN / "crds") -> None:
    """Prune every CRD of OME in a folder. ruamel.yaml, which the program needs anyway, reads them."""
    from ruamel.yaml import YAML

    for path in sorted(folder.glob("ome.io_*.yaml")):
        crd = YAML(typ="safe").load(path.read_text())
        crd["metadata"] = {"name": crd["metadata"]["name"]}
        crd.pop("status", None)
        for version in crd["spec"]["versions"]:
            version.pop("additionalPrinterColumns", None)
            version["schema"]["openAPIV3Schema"] = pruned(version["schema"]["openAPIV3Schema"])
        (out / path.name).write_text(TELL + json.dumps(crd, separators=(",", ":"), sort_keys=True) + "\n")


def pruned(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without words, and without what is below opaque fields."""
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: opaque(one) if name in OPAQUE else pruned(one) for name, one in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            kept[key] = pruned(value)
        elif key not in WORDS:
            kept[key] = value
    return kept


def opaque(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of the same type whose inside may be anything; an array's entries have their names, if they have any."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    if schema["type"] != "array":
        return anything
    if "name" in schema["items"].get("required", ()):
        anything |= {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    return {"type": "array", "items": anything}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
