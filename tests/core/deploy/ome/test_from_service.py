"""`new --from-isvc`: a task that measures the service of today first, and never carries a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autotuner_core.deploy.ome.errors import ManifestError
from autotuner_core.deploy.ome.from_service import task_of_service
from autotuner_core.task.load import task_from_json

from .conftest import SGLANG, args_of, rendered, runtime_with

MODEL = {"spec": {"storage": {"storageUri": "hf://meta-llama/Llama-3.2-1B-Instruct"}}}


def service(**engine: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "chat-prod",
            "namespace": "prod",
            "labels": {"app": "prod", "kueue.x-k8s.io/queue-name": "gpus"},
        },
        "spec": {"model": {"name": "llama-3-2-1b-instruct"}, "runtime": {"name": "rt"}, "engine": engine},
    }


ARGS = ["--host=0.0.0.0", "--port=8080", "--model-path=$(MODEL_PATH)", "--tp=2", "--mem-frac", "0.85",
        "--chunked-prefill-size", "4096", "--enable-torch-compile", "--my-flag", "x",
        "--api-key", "sk-very-secret"]  # fmt: skip


def test_the_settings_of_today_are_fixed_and_baseline_and_a_few_are_varied() -> None:
    made = task_of_service(service(runner={"args": ARGS}), SGLANG, MODEL)
    assert made.task["baseline"] == {"tp_size": 2, "mem_fraction_static": 0.85, "chunked_prefill_size": 4096}
    assert made.task["fixed"] == {"enable_torch_compile": True, "my_flag": "x"}
    assert made.task["parameters"]["tp_size"] == {"type": "choice", "values": [1, 2, 4, 8]}
    assert 0.85 in made.task["parameters"]["mem_fraction_static"]["values"]
    assert made.task["benchmark"]["model_tokenizer"] == "meta-llama/Llama-3.2-1B-Instruct"
    assert made.task["base_runtime"] == "llama-3-2-1b-instruct-rt" and made.task["model"]["namespace"] == "prod"


def test_the_baseline_starts_the_engine_that_runs_today() -> None:
    made = task_of_service(service(runner={"args": ARGS[:-2]}), SGLANG, MODEL)
    task = task_from_json(made.task)
    assert task.baseline is not None
    args = args_of(rendered({**task.fixed, **task.baseline}, task=task))
    for flag, value in (("--tp-size", "2"), ("--mem-fraction-static", "0.85"), ("--my-flag", "x")):
        assert args[args.index(flag) + 1] == value
    assert args.count("--enable-torch-compile") == 1


def test_an_argument_that_the_service_took_out_of_the_runtimes_own_stays_out() -> None:
    runtime = runtime_with(["python3", "-m", "sglang.launch_server"], ["--tp-size=1", "--enable-mixed-chunk"])
    made = task_of_service(service(runner={"args": ["--tp-size=2"]}), runtime)
    assert made.task["fixed"] == {"enable_mixed_chunk": None}
    task = task_from_json(made.task)
    assert "--enable-mixed-chunk" not in args_of(rendered({**task.fixed, "tp_size": 2}, runtime, task))


def test_a_service_without_arguments_of_its_own_has_the_runtimes() -> None:
    made = task_of_service(service(), SGLANG)
    assert made.task["baseline"] == {"tp_size": 1}
    task_from_json(made.task)


def test_a_reference_to_a_variable_of_its_pod_is_left_out_and_said() -> None:
    args = ["--tp=2", "--chat-template=$(MODEL_PATH)/chat.jinja", "--dist-init-addr", "$(POD_IP):5000"]
    made = task_of_service(service(runner={"args": args}), runtime_with(["python3", "-m", "sglang.launch_server"], []))
    assert made.task["fixed"] == {"chat_template": "$(MODEL_PATH)/chat.jinja"}
    assert made.notes == ("dist_init_addr refers to a variable of the pod and was left out",)


def test_secrets_are_carried_as_references_or_not_at_all() -> None:
    env = [
        {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf", "key": "token"}}},
        {"name": "MY_PASSWORD", "value": "hunter2-very-secret"},
        {"name": "NCCL_DEBUG", "value": "INFO"},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]
    made = task_of_service(service(runner={"args": ARGS, "env": env}), SGLANG)
    assert made.task["kubernetes"]["env_from_secrets"] == {"HF_TOKEN": "hf/token"}
    assert made.task["fixed"]["env.NCCL_DEBUG"] == "INFO"
    assert "very-secret" not in json.dumps(made.task) + " ".join(made.notes)
    assert [note.split()[0:3] for note in made.notes] == [
        ["api_key", "looks", "like"],
        ["the", "variable", "MY_PASSWORD"],
        ["the", "variable", "POD_IP"],
    ]
    task_from_json(made.task)


def test_what_its_pod_carries_is_kept_but_no_label_by_which_production_finds_its_pods() -> None:
    made = task_of_service(
        service(
            nodeSelector={"pool": "a"},
            tolerations=[{"key": "gpu", "operator": "Exists"}],
            priorityClassName="high",
            imagePullSecrets=[{"name": "registry"}],
            serviceAccountName="runner",
            volumes=[{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}],
            runner={
                "image": "registry/sglang:v1",
                "args": ARGS,
                "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
                "resources": {"requests": {"cpu": 8, "amd.com/gpu": 2}, "limits": {"amd.com/gpu": 2}},
            },
        ),
        SGLANG,
    )
    assert made.task["kubernetes"] == {
        "labels": {"kueue.x-k8s.io/queue-name": "gpus"},
        "image": "registry/sglang:v1",
        "node_selector": {"pool": "a"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "priority_class": "high",
        "image_pull_secrets": ["registry"],
        "service_account": "runner",
        "shm_size": "16Gi",
        "resources": {"requests": {"cpu": 8}},
        "gpu_resource": "amd.com/gpu",
    }
    task_from_json(made.task)


def test_an_engine_that_no_profile_knows_still_gives_a_valid_task() -> None:
    runtime = runtime_with(["/engine"], ["--batch", "8", "--port", "8080"], image="registry/own:1")
    made = task_of_service(service(), runtime)
    assert made.task["baseline"] == {"batch": 8} and "port" not in made.task.get("fixed", {})
    task_from_json(made.task)


def test_a_service_without_a_model_is_told() -> None:
    broken = service()
    del broken["spec"]["model"]
    with pytest.raises(ManifestError, match="names no model"):
        task_of_service(broken, SGLANG)
