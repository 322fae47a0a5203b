"""The document's objects, corrected: they fit each other, and the task that names them."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from autotuner_core.deploy.ome.engine import profile_of_runtime
from autotuner_core.deploy.ome.manifest import render_inference_service
from autotuner_core.resources import examples, examples_folder
from autotuner_core.space.candidates import candidates
from autotuner_core.task.load import load_task

OBJECTS = {path.stem: path for path in sorted((examples_folder() / "ome").glob("*.yaml"))}


def loaded(name: str) -> dict[str, Any]:
    body: dict[str, Any] = YAML(typ="safe").load(OBJECTS[name])
    return body


@pytest.mark.parametrize(("name", "engine"), [("sglang", "sglang"), ("vllm", "vllm")])
def test_a_runtime_fits_the_model_word_for_word_as_ome_wants_it(name: str, engine: str) -> None:
    model = loaded("clusterbasemodel-llama-3-2-1b")["spec"]
    runtime = loaded(f"clusterservingruntime-{name}")
    (fits,) = runtime["spec"]["supportedModelFormats"]
    assert fits["modelFormat"] == model["modelFormat"] and fits["modelFramework"] == model["modelFramework"]
    assert fits["modelArchitecture"] == model["modelArchitecture"]
    profile = profile_of_runtime(runtime)
    assert profile is not None and profile.name == engine


def test_the_documents_task_names_objects_that_are_there() -> None:
    task = load_task(examples()["simple_task"]).task
    assert loaded("clusterbasemodel-llama-3-2-1b")["metadata"]["name"] == task.model.name
    assert loaded("clusterservingruntime-sglang")["metadata"]["name"] == task.base_runtime
    assert loaded("namespace")["metadata"]["name"] == task.model.namespace
    claim = loaded("benchmark-pvc")
    assert (claim["metadata"]["name"], claim["metadata"]["namespace"]) == (task.kubernetes.pvc.name, "autotuner")


@pytest.mark.parametrize("runtime", ["sglang", "vllm"])
def test_every_configuration_of_the_examples_is_another_command_line(runtime: str) -> None:
    task = load_task(examples()["simple_task"]).task
    body = loaded(f"clusterservingruntime-{runtime}")
    rendered = [
        render_inference_service(task, number, configuration, run_id="7f3a", namespace="autotuner", runtime=body)
        for number, configuration in enumerate(candidates(task).chosen, start=1)
    ]
    lines = {tuple(manifest.body["spec"]["engine"]["runner"]["args"]) for manifest in rendered}
    assert len(lines) == len(rendered) == 4
    assert {manifest.gpu_count for manifest in rendered} == {1, 2}


def test_objects_are_no_tasks_and_are_not_listed_among_them() -> None:
    assert not {"rbac", "namespace", "benchmark-pvc"} & set(examples())
