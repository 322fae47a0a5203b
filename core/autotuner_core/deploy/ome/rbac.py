"""The objects that give someone the rights to tune in a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autotuner_core.deploy.ome.rights import CLUSTER_WIDE, IN_NAMESPACE, OPTIONAL, Rule
from autotuner_core.deploy.ome.templates import render
from autotuner_core.deploy.ome.yaml_text import Quoted

TEMPLATE = "rbac.yaml.j2"
NAME = "autotuner-tui"


def render_rbac(
    namespace: str,
    *,
    name: str = NAME,
    subjects: Sequence[Mapping[str, str]] | None = None,
    direct: bool = False,
    templates: Path | None = None,
) -> str:
    """A stream of YAML documents: a service account `name` in `namespace` (or the given RBAC `subjects`) with the least
    rights for a run there; with `direct` only those that loads from outside need. Raises ManifestError."""
    account = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    variables = {
        "namespace": namespace,
        "name": name,
        "cluster_role_name": f"{name}-{namespace}",
        "subjects": [dict(subject) for subject in subjects] if subjects is not None else [account],
        "namespace_rules": _shown(rule for rule in IN_NAMESPACE if rule.direct or not direct),
        "cluster_rules": _shown(CLUSTER_WIDE),
        "optional_rules": _shown(OPTIONAL),
    }
    return render(TEMPLATE, variables, templates)


def _shown(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    return [{"rbac": rule.to_rbac(), "needed_for": Quoted(rule.needed_for)} for rule in rules]
