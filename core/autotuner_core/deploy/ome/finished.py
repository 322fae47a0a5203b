"""What a template gave, held against what an experiment's object must be.

A template decides how the engine is deployed. It does not decide whether clean-up finds the object, whose it is, or
whether the configuration that is measured is the one that the engine gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.names import SERVICE_ANNOTATIONS
from autotuner_core.deploy.ome.passed_on import check_passed_on
from autotuner_core.deploy.ome.pod import GRACE_SECONDS
from autotuner_core.engines.profile import Profile
from autotuner_core.task.errors import TaskError
from autotuner_core.task.yaml_text import read_yaml

_METADATA = ("name", "namespace", "labels", "annotations", "ownerReferences")
_CORRECT = "Correct the template."


def parsed(text: str, name: str, folder: Path | None, api: str, kind: str) -> dict[str, Any]:
    """The one object of this kind that a rendered template holds. Raises ManifestError for anything else."""
    where = f"{folder / name if folder is not None and (folder / name).is_file() else name}, as rendered"
    try:
        body, _, problems = read_yaml(text)
    except TaskError as error:
        found = error.findings[0]
        line = f", line {found.line}" if found.line else ""
        raise ManifestError(f"{where}{line}: {found.message}", cure=_CORRECT) from error
    if problems:
        raise ManifestError(f"{where}: {problems[0].message}", cure=problems[0].cure or _CORRECT)
    if not isinstance(body, dict) or (body.get("apiVersion"), body.get("kind")) != (api, kind):
        raise ManifestError(f"{where}: no {kind} of {api}", cure="A template gives exactly one, and nothing else.")
    return body


def finished(body: dict[str, Any], variables: Mapping[str, Any], profile: Profile | None) -> dict[str, Any]:
    """The object with what is ours put on it: labels, owner, one replica. Raises ManifestError where the template
    gives it another name, or drops a part of the configuration."""
    metadata, engine = _section(body, "metadata"), _section(_section(body, "spec"), "engine")
    runner = _section(engine, "runner")
    owned_by_run(body, "isvc_name", variables)
    engine["labels"] = {**_section(engine, "labels"), **variables["labels"]}
    metadata["annotations"] = {**SERVICE_ANNOTATIONS, **_section(metadata, "annotations")}
    for key in ("minReplicas", "maxReplicas"):
        if engine.setdefault(key, 1) != 1:
            raise ManifestError(f"the template sets {key} to {engine[key]}", cure="Exactly one replica is measured.")
    engine.setdefault("terminationGracePeriodSeconds", GRACE_SECONDS)
    check_passed_on(runner, variables["parameters"], profile)
    return body


def owned_by_run(body: dict[str, Any], named_by: str, variables: Mapping[str, Any]) -> None:
    """Put on an object what clean-up goes by: its name (the variable `named_by`), namespace, labels and owner. Raises
    ManifestError where the template has others."""
    metadata = _section(body, "metadata")
    for key, variable in (("name", named_by), ("namespace", "namespace")):
        if metadata.setdefault(key, variables[variable]) != variables[variable]:
            message = f"the template gives the object the {key} {metadata[key]!r}, which belongs to the tuner"
            raise ManifestError(message, cure=f"Leave {key} out, or write {{{{ {variable} | tojson }}}}.")
    for key in metadata:
        if key not in _METADATA:
            raise ManifestError(f"the template sets metadata.{key}, which belongs to the cluster", cure=_CORRECT)
    metadata["labels"] = {**_section(metadata, "labels"), **variables["labels"]}
    metadata.pop("ownerReferences", None)
    if variables["owner"] is not None:
        metadata["ownerReferences"] = [dict(variables["owner"])]


def _section(body: dict[str, Any], key: str) -> dict[str, Any]:
    section = body.setdefault(key, {})
    if not isinstance(section, dict):
        raise ManifestError(f"the template gives {key} no mapping", cure=_CORRECT)
    return section
