"""What OME's webhook says to a BenchmarkJob, in its words (1.2.2). Scenarios are looked at for text-to-text alone:
what it takes for the other tasks was not recorded."""

from __future__ import annotations

import re
from typing import Any

from .admission import Denied

Object = dict[str, Any]

SCENARIO = r"D\(\d+,\d+\)|N\(\d+,\d+\)/\(\d+,\d+\)|U\(\d+,\d+\)(/\(\d+,\d+\))?"
STORES = ("oci", "s3", "az", "gs", "github", "hf", "local", "vendor")


def check_benchmark(benchmark: Object) -> None:
    """Raises Denied."""
    spec = benchmark["spec"]
    endpoint = spec.get("endpoint") or {}
    direct, service = bool(endpoint.get("endpoint")), bool(endpoint.get("inferenceService"))
    if not direct and not service:
        raise Denied("invalid endpoint: endpoint or InferenceService must be specified")
    if direct and service:
        raise Denied("invalid endpoint: endpoint and InferenceService cannot be specified together")
    for scenario in spec.get("trafficScenarios") or () if spec["task"] == "text-to-text" else ():
        if not re.fullmatch(SCENARIO, scenario):
            why = f"invalid scenario format for task '{spec['task']}': {scenario}"
            raise Denied(f"invalid traffic scenarios: failed to validate scenario '{scenario}': {why}")
    _check_store(spec["outputLocation"]["storageUri"])
    _check_parameters(spec.get("additionalRequestParams") or {})


def _check_store(uri: str) -> None:
    told = "invalid storage: error parsing storage URI: "
    kind, separator, rest = uri.partition("://")
    if separator and kind == "pvc":
        if not rest.partition("/")[2]:
            raise Denied(f"{told}invalid PVC storage URI format: missing subpath")
    elif not separator or kind not in STORES:
        raise Denied(f"{told}unknown storage type for URI: {uri}")


def _check_parameters(parameters: dict[str, str]) -> None:
    told = "invalid additional request parameters: "
    temperature = parameters.get("temperature", "0")
    try:
        float(temperature)
    except ValueError:
        why = f'invalid temperature: strconv.ParseFloat: parsing "{temperature}": invalid syntax'
        raise Denied(told + why) from None
    if parameters.get("ignore_eos", "true") not in ("true", "false"):
        raise Denied(f"{told}ignore_eos must be 'true' or 'false'")
