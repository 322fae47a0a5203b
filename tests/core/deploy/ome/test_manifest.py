from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.deploy.ome.errors import ManifestError

from .conftest import DOCUMENT, IN_COMMAND, SGLANG, engine_of, rendered, runtime_with, task_with

LEASE = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "lease", "uid": "u-1", "namespace": "autotuner"}}


def test_an_object_is_found_by_its_labels_and_hangs_on_the_lease() -> None:
    manifest = rendered(owner=LEASE, experiment=12)
    metadata, engine = manifest.body["metadata"], engine_of(manifest)
    ours = {
        "app.kubernetes.io/managed-by": "autotuner-tui",
        "autotuner.io/run": "20261125-7f3a",
        "autotuner.io/task": "simple-tune",
        "autotuner.io/experiment": "12",
    }
    assert metadata["name"] == manifest.name == "simple-tune-7f3a-exp12" and metadata["namespace"] == "autotuner"
    assert metadata["labels"] == engine["labels"] == ours
    assert metadata["ownerReferences"] == [{"apiVersion": "batch/v1", "kind": "Job", "name": "lease", "uid": "u-1"}]
    assert engine["minReplicas"] == engine["maxReplicas"] == 1 and engine["terminationGracePeriodSeconds"] == 5
    assert metadata["annotations"]["ome.io/autoscalerClass"] == "external"


def test_the_longest_task_name_still_gives_names_that_differ_where_ome_cuts_them() -> None:
    task = task_with(task_name="a" * 63)
    names = {rendered(task=task, experiment=number).name for number in (1, 2, 1000)}
    assert len({name[-20:] for name in names}) == 3 and all(len(name) <= 50 for name in names)


def test_gpus_are_asked_for_in_requests_and_limits_as_the_configuration_needs_them() -> None:
    assert engine_of(rendered({"tp_size": 4}))["runner"]["resources"] == {
        "requests": {"nvidia.com/gpu": 4},
        "limits": {"nvidia.com/gpu": 4},
    }


def test_the_runtimes_own_parallel_size_counts_where_none_is_tuned() -> None:
    assert rendered({"mem_frac": 0.9}, IN_COMMAND).gpu_count == 4


def test_gpus_of_another_make_are_counted_by_their_own_name() -> None:
    amd = runtime_with(["python3", "-m", "sglang.launch_server"], [], resources={"limits": {"amd.com/gpu": 8}})
    assert engine_of(rendered(runtime=amd))["runner"]["resources"]["limits"] == {"amd.com/gpu": 2}
    asked = task_with(kubernetes={"gpu_resource": "nvidia.com/gpu"})
    limits = engine_of(rendered(runtime=amd, task=asked))["runner"]["resources"]["limits"]
    assert limits == {"nvidia.com/gpu": 2, "amd.com/gpu": 0}


def test_an_engine_without_gpus_asks_for_none() -> None:
    llama = runtime_with(["/bin/llama-server"], ["--model", "/models/m.gguf"], image="x/llama.cpp:server")
    manifest = rendered({"batch_size": 512}, llama)
    assert manifest.gpu_count == 0 and "resources" not in engine_of(manifest)["runner"]
    assert rendered({"tp_size": 2}, llama).gpu_count == 2  # the document's task on another engine


def test_a_request_above_the_runtimes_limit_is_told_before_the_cluster_drops_it_in_silence() -> None:
    runtime = runtime_with(["sglang", "serve"], [], resources={"limits": {"memory": "30Gi"}})
    task = task_with(kubernetes={"resources": {"requests": {"memory": "64Gi"}}})
    with pytest.raises(ManifestError, match=r"64Gi memory, above its limit of 30Gi"):
        rendered(runtime=runtime, task=task)


KUBERNETES: dict[str, Any] = {
    "labels": {"kueue.x-k8s.io/queue-name": "tuning"},
    "annotations": {"team": "ml"},
    "node_selector": {"pool": "a"},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "priority_class": "tuning",
    "image_pull_secrets": ["registry"],
    "service_account": "runner",
    "env_from_secrets": {"HF_TOKEN": "hf/token"},
    "shm_size": "16Gi",
    "image": "registry/sglang:v2",
    "resources": {"requests": {"cpu": "8"}},
}


def test_what_the_cluster_demands_of_every_pod_reaches_the_engines_pod() -> None:
    manifest = rendered(task=task_with(kubernetes=KUBERNETES))
    metadata, engine = manifest.body["metadata"], engine_of(manifest)
    for part in (metadata, engine):
        assert part["labels"]["kueue.x-k8s.io/queue-name"] == "tuning" and part["annotations"]["team"] == "ml"
    assert engine["nodeSelector"] == {"pool": "a"} and engine["tolerations"] == KUBERNETES["tolerations"]
    assert engine["priorityClassName"] == "tuning" and engine["imagePullSecrets"] == [{"name": "registry"}]
    assert engine["serviceAccountName"] == "runner" and engine["runner"]["image"] == "registry/sglang:v2"
    assert engine["volumes"] == [{"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}]
    assert engine["runner"]["volumeMounts"] == [{"name": "dshm", "mountPath": "/dev/shm"}]
    assert engine["runner"]["resources"]["requests"] == {"cpu": "8", "nvidia.com/gpu": 2}
    secret = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}}
    assert secret in engine["runner"]["env"]


def test_shared_memory_that_the_runtime_mounts_is_resized_and_not_mounted_a_second_time() -> None:
    runtime = runtime_with(
        ["python3", "-m", "sglang.launch_server"],
        [],
        {"tolerations": [{"key": "own"}]},
        volumeMounts=[{"mountPath": "/dev/shm", "name": "shared"}],
    )
    engine = engine_of(rendered(runtime=runtime, task=task_with(kubernetes=KUBERNETES)))
    assert engine["volumes"][0]["name"] == "shared" and "volumeMounts" not in engine["runner"]
    assert engine["tolerations"] == [*KUBERNETES["tolerations"], {"key": "own"}]  # OME puts ours in place of theirs


def test_environment_parameters_reach_the_environment_and_no_flag() -> None:
    manifest = rendered({"env.NCCL_DEBUG": "INFO", "env.FAST": True, "env.UNSET": None})
    assert engine_of(manifest)["runner"]["env"] == [
        {"name": "NCCL_DEBUG", "value": "INFO"},
        {"name": "FAST", "value": "1"},
    ]
    assert "NCCL" not in " ".join(engine_of(manifest)["runner"]["args"])


def test_a_variable_that_the_runtime_takes_from_a_secret_cannot_be_given_a_value() -> None:
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    runtime = runtime_with(["sglang", "serve"], [], env=[{"name": "MODE", "valueFrom": source}])
    with pytest.raises(ManifestError, match="the runtime sets the variable MODE by a reference"):
        rendered({"env.MODE": "1"}, runtime)


def test_a_namespaced_runtime_is_named_as_one() -> None:
    assert rendered().body["spec"]["runtime"] == {"kind": "ClusterServingRuntime", "name": DOCUMENT["base_runtime"]}
    assert rendered(runtime={**SGLANG, "kind": "ServingRuntime"}).body["spec"]["runtime"]["kind"] == "ServingRuntime"


@pytest.mark.parametrize(
    "spec", [{}, {"engineConfig": {"leader": {"runner": {}}, "worker": {}}}, {"containers": []}, {"engineConfig": None}]
)
def test_a_runtime_that_starts_no_single_engine_is_told_with_a_cure(spec: dict[str, Any]) -> None:
    with pytest.raises(ManifestError) as told:
        rendered(runtime={"metadata": {"name": "r"}, "spec": spec})
    assert "base_runtime" in told.value.cure


def test_what_is_shown_and_kept_has_no_secret_that_a_task_or_a_runtime_spells_out() -> None:
    own = ["--api-key=of-the-runtime", "--port", "8080"]
    script = "exec python3 -m sglang.launch_server --port 8080 --api-key 'of the runtime' --tp 1"
    task = task_with(kubernetes={"annotations": {"deploy-token": "in-an-annotation"}})
    for runtime in (runtime_with(["sglang", "serve"], own), runtime_with(["bash", "-c"], [script])):
        manifest = rendered({"hf_token": "as-a-flag", "env.MY_PASSWORD": "as-a-variable"}, runtime, task)
        applied = str(manifest.body)
        for secret in ("as-a-flag", "as-a-variable", "in-an-annotation"):
            assert secret in applied and secret not in manifest.text
        assert "of-the-runtime" not in manifest.text and "of the runtime" not in manifest.text
