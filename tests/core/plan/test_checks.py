"""What a plan says before it runs: each finding spares somebody a wasted night, and a sound task gets none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.findings import Finding, Severity
from autotuner_core.plan.build import build_plan
from autotuner_core.task.model import Task

Make = Callable[..., Task]
Found = Callable[..., dict[str, Finding]]

GPUS: dict[str, Any] = {"engine": "sglang", "gpus": [0, 1, 2, 3]}
TP = {"tp_size": {"type": "choice", "values": [1, 2]}}
ONE_TP = {"mem_frac": {"type": "choice", "values": [0.8, 0.9]}}


def test_a_sound_task_gets_no_warning(local: Make, found: Found) -> None:
    assert not found(local())


def test_every_finding_has_a_place_a_code_and_words(document: Make, found: Found) -> None:
    for finding in found(document()).values():
        assert finding.place and finding.code and finding.message, finding


# ---- configurations


def test_configurations_that_are_one_server_are_told(local: Make, found: Found) -> None:
    values = {"swa_full": {"type": "choice", "values": [False, None]}, "threads": {"type": "choice", "values": [1, 2]}}
    finding = found(local(parameters=values))["same_server"]
    assert finding.severity is Severity.WARNING and "experiments" in finding.message


def test_a_baseline_that_is_the_same_server_as_another_is_told(local: Make, found: Found) -> None:
    values = {"swa_full": {"type": "choice", "values": [False, True]}}
    assert "1, 3" in found(local(parameters=values, baseline={"swa_full": None}))["same_server"].message


def test_unknown_parameters_are_told_with_their_place(local: Make, found: Found) -> None:
    values = {"thread": {"type": "choice", "values": [1]}}
    finding = found(local(parameters=values))["unknown_parameter"]
    assert finding.place == "parameters.thread" and "threads" in finding.cure


# ---- GPUs and cores


def test_unequal_gpus_need_an_objective_that_counts_them(document: Make, found: Found) -> None:
    finding = found(document())["gpus_not_counted"]
    assert "from 1 to 2 GPUs" in finding.message and "output_throughput_per_gpu" in finding.cure


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": ONE_TP},
        {
            "optimization": {
                "objective": {"metric": "output_throughput_per_gpu", "direction": "maximize", "levels": "best"}
            }
        },
    ],
)
def test_equal_gpus_or_a_metric_per_gpu_need_no_word(document: Make, found: Found, changes: dict[str, Any]) -> None:
    assert "gpus_not_counted" not in found(document(**changes))


def test_a_metric_per_gpu_without_gpus_is_an_error(local: Make, found: Found) -> None:
    objective = {"metric": "output_throughput_per_gpu", "direction": "maximize", "levels": "best"}
    finding = found(local(optimization={"objective": objective}))["per_gpu_without_gpus"]
    assert finding.severity is Severity.ERROR


def test_configurations_that_need_more_gpus_than_there_are_are_told(local: Make, found: Found) -> None:
    some = local(local={**GPUS, "gpus": [0]}, model={"name": "m"}, parameters=TP)
    assert found(some)["too_few_gpus"].severity is Severity.WARNING
    none = local(local={**GPUS, "gpus": [0]}, model={"name": "m"}, parameters=ONE_TP, fixed={"tp_size": 2})
    assert found(none)["too_few_gpus"].severity is Severity.ERROR
    assert "too_few_gpus" not in found(local(local=GPUS, model={"name": "m"}, parameters=TP))


def test_gpus_that_nobody_takes_do_not_keep_experiments_apart(local: Make, found: Found) -> None:
    changes: dict[str, Any] = {"optimization": {"max_parallel": 2}}
    assert found(local(local={"gpus": [0, 1]}, **changes))["parallel_shares_machine"].severity is Severity.ERROR
    assert "parallel_shares_machine" not in found(local(local={"gpus": [0, 1], "cores": [[0], [1]]}, **changes))
    with_gpus = local(local=GPUS, model={"name": "m"}, parameters=ONE_TP, **changes)
    assert "parallel_shares_machine" not in found(with_gpus)


def test_gpus_of_an_unknown_command_are_said_to_be_unknown(local: Make, found: Found) -> None:
    command = {"engine": "command", "command": ["engine", "{port}", "{flags}"]}
    assert "gpus_unknown" in found(local(local=command))
    assert "gpus_unknown" not in found(local(local={**command, "gpus_per_experiment": "threads"}))


# ---- keys without effect


def test_what_a_benchmark_job_ignores_is_told(document: Make) -> None:
    places = {finding.place for finding in build_plan(document()).findings if finding.code == "no_effect"}
    assert places == {"benchmark.model_name", "benchmark.model_tokenizer"}


def test_what_only_the_launcher_in_a_benchmark_pod_brings_is_told(document: Make, found: Found) -> None:
    assert found(document())["by_launcher"].place == "benchmark.additional_params"
    assert found(document(benchmark={"additional_params": {}, "precision": 0.02}))["by_launcher"].place == (
        "benchmark.precision"
    )
    half = document(benchmark={"additional_params": {}, "max_time_per_iteration": 0.5})
    assert found(half)["by_launcher"].place == "benchmark.max_time_per_iteration"
    assert "by_launcher" not in found(half, direct=True)


def test_a_queue_that_never_sees_the_benchmark_pods_is_told(document: Make, found: Found) -> None:
    queued = document(kubernetes={"labels": {"kueue.x-k8s.io/queue-name": "tuning"}})
    assert found(queued)["engine_only"].place == "kubernetes.labels"
    assert "engine_only" not in found(queued, direct=True)


def test_with_direct_load_they_take_effect_and_the_image_does_not(document: Make, found: Found) -> None:
    assert "no_effect" not in found(document(), direct=True)
    assert found(document(benchmark={"image": "x"}), direct=True)["no_effect"].place == "benchmark.image"
    claim = document(kubernetes={"pvc": {"name": "results"}})
    assert found(claim, direct=True)["no_effect"].place == "kubernetes.pvc"
    assert all(finding.place != "kubernetes.pvc" for finding in found(claim).values())


def test_gpus_for_an_engine_of_the_cpu_are_told(local: Make, found: Found) -> None:
    assert found(local(local={"gpus": [0]}))["no_effect"].place == "local.gpus"


# ---- the measurement


@pytest.mark.parametrize(
    ("cap", "concurrency", "steady"), [(100, 4, True), (8, 4, True), (7, 4, False), (30, 16, False)]
)
def test_levels_that_can_never_be_steady_are_told(
    local: Make, found: Found, cap: int, concurrency: int, steady: bool
) -> None:
    task = local(benchmark={"max_requests_per_iteration": cap, "num_concurrency": [concurrency]})
    assert ("never_steady" not in found(task)) is steady


def test_fewer_requests_than_asked_are_told_where_the_task_asked(local: Make, found: Found) -> None:
    validity = {"validity": {"min_requests": 80}}
    assert "50 are asked and not 80" in found(local(benchmark=validity))["min_requests_lowered"].message
    assert "min_requests_lowered" not in found(local(benchmark={"max_requests_per_iteration": 30}))


def test_percentiles_that_too_few_requests_stand_behind_are_told(local: Make, found: Found) -> None:
    limits = {"ttft.p95": 0.5, "itl.p99": 0.1, "e2e_latency.mean": 9}
    few = local(optimization={"slo": limits})
    assert "ttft.p95 wants 200 requests" in found(few)["unsure_percentile"].message
    enough = local(optimization={"slo": limits}, benchmark={"max_requests_per_iteration": 210})
    assert "unsure_percentile" not in found(enough)


def test_a_percentile_as_the_objective_is_looked_at_too(local: Make, found: Found) -> None:
    objective = {"metric": "ttft.p99", "direction": "minimize", "levels": "all"}
    task = local(optimization={"objective": objective})
    assert "wants 1000 requests" in found(task)["unsure_percentile"].message


def test_what_precision_does_to_the_levels_is_told(local: Make, found: Found) -> None:
    precise = {"precision": 0.02, "max_time_per_iteration": 1}
    said = found(local(benchmark=precise))["ends_by_precision"]
    assert "output_throughput is known to ± 2 %: after 50 requests and 10 s at the earliest" in said.message
    some = local(benchmark={**precise, "num_concurrency": [4, 32]})
    assert "never before those at concurrency 32" in found(some)["ends_by_precision"].message
    assert "ends_by_precision" not in found(local())


@pytest.mark.parametrize(
    "changes",
    [
        {"optimization": {"objective": {"metric": "itl.p99", "direction": "minimize", "levels": "all"}}},
        {"optimization": {"slo": {"ttft.p95": 0.5}}},
        {"benchmark": {"max_requests_per_iteration": 40}},
        {"benchmark": {"max_time_per_iteration": 0.1}},
    ],
)
def test_a_precision_that_can_end_no_level_is_told(local: Make, found: Found, changes: dict[str, Any]) -> None:
    benchmark = {"precision": 0.02, "max_time_per_iteration": 1, **changes.get("benchmark", {})}
    changes = {**changes, "benchmark": benchmark}
    said = found(local(**changes))["no_effect"]
    assert said.place == "benchmark.precision"
    assert "ends_by_precision" not in found(local(**changes))


def test_caches_that_cannot_be_emptied_are_told_where_they_should_be_cold(local: Make, found: Found) -> None:
    unknown = {"engine": "command", "command": ["serve", "{port}", "{flags}"]}
    assert "cache_not_emptied" in found(local(local=unknown))
    assert "cache_not_emptied" not in found(local(local=unknown, benchmark={"cache": "warm"}))
    assert "cache_not_emptied" not in found(local())
    assert "cache_not_emptied" not in found(local(local={"engine": "vllm"}, model={"name": "m"}))


# ---- time and budget


def test_minutes_meant_as_seconds_and_seconds_meant_as_minutes_are_told(document: Make, found: Found) -> None:
    assert "minutes_not_seconds" in found(document(benchmark={"max_time_per_iteration": 60}))
    assert "seconds_not_minutes" in found(document(optimization={"timeout_per_iteration": 10}))
    assert not {"minutes_not_seconds", "seconds_not_minutes"} & set(found(document()))


def test_that_levels_multiply_is_said(document: Make, local: Make, found: Found) -> None:
    assert "2 levels of up to 10 min" in found(document())["levels_multiply"].message
    assert "levels_multiply" not in found(local())


def test_a_benchmark_timeout_that_its_levels_do_not_fit_is_told(document: Make, found: Found) -> None:
    assert found(document(benchmark={"timeout": 600}))["benchmark_timeout_short"].severity is Severity.WARNING
    assert "benchmark_timeout_short" not in found(document(benchmark={"timeout": 1300}))
    assert "benchmark_timeout_short" not in found(document())


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        ({"max_hours": 8}, None),
        ({"max_hours": 1}, "over_budget"),
        ({"max_hours": 0.02}, "budget_too_small"),
        ({"max_gpu_hours": 8}, None),
        ({"max_gpu_hours": 3}, "over_budget"),
        ({"max_gpu_hours": 0.02}, "budget_too_small"),
    ],
)
def test_a_budget_is_held_against_the_forecast(
    document: Make, found: Found, budget: dict[str, float], code: str | None
) -> None:
    findings = found(document(optimization=budget))
    assert {"over_budget", "budget_too_small"} & set(findings) == ({code} if code else set())
    if code == "budget_too_small":
        assert findings[code].severity is Severity.ERROR


def test_gpu_hours_without_gpus_are_told(local: Make, found: Found) -> None:
    assert found(local(optimization={"max_gpu_hours": 1}))["no_effect"].place == "optimization.max_gpu_hours"


def test_a_model_file_that_is_not_there_is_told_before_a_run_begins(local: Make, found: Found, tmp_path: Path) -> None:
    missing = found(local(model={"name": str(tmp_path / "none.gguf")}))
    assert missing["no_model_file"].severity is Severity.ERROR
    (tmp_path / "there.gguf").touch()
    assert "no_model_file" not in found(local(model={"name": str(tmp_path / "there.gguf")}))
    assert "no_model_file" not in found(local())


# ---- what this machine does not have


def command(*words: str, **changes: Any) -> dict[str, Any]:
    return {"local": {"engine": "command", "command": [*words, "{port}", "{flags}"], **changes}}


def test_a_task_without_any_tokenizer_is_refused_before_it_is_recorded(local: Make, found: Found) -> None:
    finding = found(local(**command("sh")))["missing"]
    assert (finding.severity, finding.place) == (Severity.ERROR, "benchmark")
    assert "model_tokenizer" in finding.message
    assert "missing" not in found(local())
    assert "missing" not in found(local(**command("sh"), benchmark={"model_tokenizer": "owner/name"}))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"local": {"cores": [[0], [4711]]}}, "this machine has no core 4711"),
        (command("no-such-engine"), "the program no-such-engine is not there"),
        (command("sh", env={"PATH": "/nowhere"}), "the program sh is not there"),
        ({"local": {"engine": "vllm"}, "benchmark": {"model_tokenizer": "a/b"}}, "the program vllm is not there"),
        ({"benchmark": {"model_tokenizer": "/no/such/folder"}}, "there is no folder /no/such/folder"),
    ],
)
def test_what_this_machine_does_not_have_is_a_warning_as_the_run_may_be_elsewhere(
    local: Make, found: Found, changes: dict[str, Any], words: str
) -> None:
    finding = found(local(**changes))["not_here"]
    assert finding.severity is Severity.WARNING and words in finding.message


def test_a_folder_without_a_tokenizer_is_found(local: Make, found: Found, tmp_path: Path) -> None:
    task = local(benchmark={"model_tokenizer": str(tmp_path)})
    assert "holds no tokenizer" in found(task)["not_here"].message
    (tmp_path / "tokenizer.json").write_text("{}")
    assert "not_here" not in found(task)
    assert "not_here" not in found(local(**command("sh"), benchmark={"model_tokenizer": "owner/name"}))
