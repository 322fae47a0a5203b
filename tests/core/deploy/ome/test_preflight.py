"""What a run would meet in a cluster is said before it begins: a runtime that does not fit, fields that OME does not
know, nodes without room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from autotuner_core.deploy.ome.preflight.fit import mismatch
from autotuner_core.deploy.ome.preflight.look import Look
from autotuner_core.deploy.ome.preflight.room import engine_pod, room
from autotuner_core.deploy.ome.preflight.schema import unknown_fields
from autotuner_core.findings import Severity
from autotuner_core.plan.build import build_plan
from autotuner_core.task.load import task_from_json
from autotuner_core.task.problem import Problem
from recorded_service import asking, node

MODEL = {
    "kind": "ClusterBaseModel",
    "metadata": {"name": "llama"},
    "spec": {
        "modelFormat": {"name": "safetensors", "version": "1.0.0"},
        "modelFramework": {"name": "transformers", "version": "4.45"},
        "modelArchitecture": "LlamaForCausalLM",
        "modelParameterSize": "1.24B",
        "storage": {"storageUri": "hf://meta/llama"},
    },
}
FITTING = {
    "modelFormat": {"name": "safetensors", "version": "1.0.0"},
    "modelFramework": {"name": "transformers"},
    "modelArchitecture": "LlamaForCausalLM",
}


def runtime(*formats: dict[str, Any], **spec: Any) -> dict[str, Any]:
    runner = {"name": "ome-container", "image": "sglang", "command": ["python3", "-m", "sglang.launch_server"]}
    engine = {"runner": {**runner, **asking(0, cpu="4")}}
    return {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "rt"},
        "spec": {"supportedModelFormats": list(formats), "engineConfig": engine, **spec},
    }


@pytest.mark.parametrize(
    ("formats", "spec", "words"),
    [
        ([FITTING], {}, ""),
        ([{"modelFormat": {"name": "gguf"}}, FITTING], {"modelSizeRange": {"min": "500M", "max": "2B"}}, ""),
        ([], {}, "names no supportedModelFormats"),
        ([{**FITTING, "modelArchitecture": "Qwen3ForCausalLM"}], {}, "architecture is LlamaForCausalLM"),
        ([{**FITTING, "modelFormat": {"name": "gguf"}}], {}, "format is safetensors"),
        ([{**FITTING, "quantization": "fp8"}], {}, "quantization is none, the runtime's fp8"),
        ([{**FITTING, "modelFormat": {"name": "safetensors", "version": "2.0.0"}}], {}, "version is 1.0.0"),
        ([{**FITTING, "modelFormat": {"name": "safetensors", "version": "0.9", "operator": "GreaterThan"}}], {}, ""),
        ([FITTING], {"modelSizeRange": {"min": "7B", "max": "70B"}}, "1.24B parameters, the runtime takes 7B to 70B"),
    ],
)
def test_a_runtime_that_does_not_fit_its_model_is_found_out_by_waiting(
    formats: list[dict[str, Any]], spec: dict[str, Any], words: str
) -> None:
    said = mismatch(MODEL, runtime(*formats, **spec))
    assert words in said
    assert bool(said) == bool(words)


SCHEMA = {
    "properties": {
        "spec": {
            "properties": {
                "engine": {"properties": {"args": {"items": {"type": "string"}}, "any": {"type": "object"}}},
                "labels": {"additionalProperties": {"type": "string"}},
                "free": {"x-kubernetes-preserve-unknown-fields": True, "type": "object"},
                "volumes": {"items": {"properties": {"name": {"type": "string"}}}},
            }
        }
    }
}


def test_a_field_that_the_cluster_does_not_know_is_dropped_in_silence() -> None:
    spec = {
        "engine": {"args": ["a"], "shm": 1, "any": {"x": 1}},
        "labels": {"a/b": "c"},
        "free": {"x": {"y": 1}},
        "volumes": [{"name": "a", "claim": 1}, {"claim": 2}],
        "predictor": {},
    }
    body = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "spec": spec}
    assert unknown_fields(body, SCHEMA) == [
        "spec.engine.shm", "spec.engine.any.x", "spec.volumes[].claim", "spec.predictor",
    ]  # fmt: skip
    assert unknown_fields(body, {}) == []


def look(
    nodes: Sequence[Any],
    pods: Sequence[Any] | None = (),
    sizes: Sequence[int] = (1, 4),
    *,
    grows: bool = False,
    **task: Any,
) -> Look:
    """A task over GPU counts, in a cluster with these nodes; `grows`: with an autoscaler."""
    document = {
        "task_name": "chat", "model": {"name": "llama", "namespace": "ns"}, "base_runtime": "rt",
        "parameters": {"tp_size": {"type": "choice", "values": list(sizes)}},
        "optimization": {"objective": "maximize_throughput"}, "benchmark": {"model_tokenizer": "m"}, **task,
    }  # fmt: skip
    made = task_from_json(document)
    seen = Look(None, made, build_plan(made), "ns", True)  # type: ignore[arg-type]  # all that it would ask is here
    seen.__dict__.update(nodes=list(nodes), pods=pods, model=MODEL, runtime=runtime(FITTING), adds_nodes=grows)
    return seen


MODEL_ON = {"models.ome.io/clusterbasemodel.llama": "Ready"}


def holding(gpus: int, where: str = "node-1") -> dict[str, Any]:
    return {"spec": {"nodeName": where, "containers": [asking(gpus)]}, "status": {"phase": "Running"}}


def said(seen: Look) -> list[tuple[Severity, str, str]]:
    return [(one.severity, one.code, one.message) for one in list[Problem](room(seen))]


def test_enough_room_is_not_recognized() -> None:
    assert said(look([node(labels=MODEL_ON)])) == []
    assert said(look([node(labels=MODEL_ON)], None)) == []


def test_configurations_that_fit_nowhere_are_not_named_before_the_run() -> None:
    [(severity, code, message)] = said(look([node(gpus=2, labels=MODEL_ON)]))
    assert (severity, code) == (Severity.WARNING, "does_not_fit")
    assert "experiment 2 (4 GPUs): needs 4 nvidia.com/gpu, largest node has 2 in all" in message
    assert {one[0] for one in said(look([node(gpus=0, labels=MODEL_ON)], sizes=(1,)))} == {Severity.ERROR}
    assert {one[0] for one in said(look([node(gpus=0, labels=MODEL_ON)]))} == {Severity.ERROR}


def test_a_cluster_that_adds_nodes_is_refused_for_the_nodes_that_it_has() -> None:
    no_gpu, no_label = node(gpus=0, labels=MODEL_ON), node(labels=MODEL_ON)
    for seen in (
        look([no_gpu], grows=True),
        look([no_label], grows=True, kubernetes={"node_selector": {"pool": "gpu"}}),
    ):
        assert {one[0] for one in said(seen)} == {Severity.WARNING}
        assert "unless a node is added" in said(seen)[0][2]


def test_gpus_that_others_hold_are_not_named() -> None:
    [(severity, code, message)] = said(look([node(labels=MODEL_ON)], [holding(6)]))
    assert (severity, code) == (Severity.WARNING, "no_room_now")
    assert "needs 4 nvidia.com/gpu, largest node has 2 free" in message


def test_a_model_that_is_on_no_node_is_not_named() -> None:
    assert [one[1] for one in said(look([node()]))] == ["model_on_no_node"]
    assert [one[1] for one in said(look([]))] == ["no_node"]


def test_more_engines_at_once_than_there_is_room_for_are_not_named() -> None:
    wide = {"optimization": {"objective": "maximize_throughput", "max_parallel": 3}}
    [(_, code, message)] = said(look([node(labels=MODEL_ON)], [holding(2)], **wide))
    assert code == "no_room_at_once"
    assert "1 of experiment 2" in message
    assert said(look([node(labels=MODEL_ON), node("b", labels=MODEL_ON)], **wide)) == []


def test_the_pod_that_is_counted_is_another_than_ome_makes() -> None:
    seen = look([], kubernetes={"node_selector": {"pool": "a"}, "resources": {"requests": {"memory": "1Gi"}}})
    pod = engine_pod(seen, seen.manifest(seen.plan.experiments[1]))
    assert pod["spec"]["nodeSelector"] == {"pool": "a", **MODEL_ON}
    asked = pod["spec"]["containers"][0]["resources"]["requests"]
    assert {name: str(amount) for name, amount in asked.items()} == {"cpu": "4", "memory": "1Gi", "nvidia.com/gpu": "4"}
