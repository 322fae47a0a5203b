from __future__ import annotations

from typing import Any

import pytest

from autotuner_core.deploy.ome.arguments import literal
from autotuner_core.deploy.ome.errors import ManifestError

from .conftest import IN_COMMAND, SGLANG, SGLANG_ARGS, args_of, engine_of, rendered, runtime_with

TUNED_WORDS = ["--tp-size", "2", "--mem-fraction-static", "0.9"]
SERVED = ["--served-model-name", "llama-3-2-1b-instruct"]


def test_the_runtimes_own_arguments_survive_and_what_is_tuned_replaces_its_own_value() -> None:
    assert args_of(rendered()) == [*SGLANG_ARGS[:-1], *SERVED, *TUNED_WORDS]
    assert "command" not in engine_of(rendered())["runner"]  # the runtime's stays


@pytest.mark.parametrize("spelling", ["--tp=4", "--tp 4", "--tp-size 4", "--tensor-parallel-size=4"])
def test_a_flag_of_the_runtime_is_found_in_every_spelling(spelling: str) -> None:
    runtime = runtime_with(["python3", "-m", "sglang.launch_server"], ["--log-level", "info", *spelling.split()])
    args = args_of(rendered(runtime=runtime))
    assert args[:2] == ["--log-level", "info"]
    assert [word for word in args if word.startswith("--t")] == ["--tp-size"] and "4" not in args


def test_a_runtime_with_its_flags_in_the_command_keeps_them_and_ours_come_behind() -> None:
    manifest = rendered(runtime=IN_COMMAND)
    assert args_of(manifest) == [*SERVED, "--enable-metrics", *TUNED_WORDS]
    assert "command" not in engine_of(manifest)["runner"]


def test_a_switch_that_the_command_has_on_can_still_be_tuned_off() -> None:
    manifest = rendered({"enable_torch_compile": False}, IN_COMMAND)
    command = engine_of(manifest)["runner"]["command"]
    assert "--enable-torch-compile" not in command and command[-2:] == ["--log-level", "info"]
    assert "--enable-torch-compile" not in args_of(manifest)


def test_a_switch_of_the_runtime_is_replaced_by_its_negative_and_back() -> None:
    runtime = runtime_with(["vllm", "serve"], ["$(MODEL_PATH)", "--no-enable-prefix-caching", "--seed", "1"])
    on, off = (args_of(rendered({"enable_prefix_caching": value}, runtime)) for value in (True, False))
    assert "--enable-prefix-caching" in on and "--no-enable-prefix-caching" not in on and "--seed" in on
    assert off.count("--no-enable-prefix-caching") == 1


def test_metrics_that_are_asked_for_already_are_not_asked_for_twice() -> None:
    bare = runtime_with(["python3", "-m", "sglang.launch_server"], [])
    for parameters in ({"tp_size": 1}, {"enable_metrics": True}):
        assert args_of(rendered(parameters, bare)).count("--enable-metrics") == 1
        assert args_of(rendered(parameters, SGLANG)).count("--enable-metrics") == 1


def test_null_takes_the_runtimes_value_away_so_that_the_engines_own_default_holds() -> None:
    assert not [word for word in args_of(rendered({"tp_size": None})) if "tp" in word]


def test_without_a_cluster_the_text_says_what_is_missing() -> None:
    manifest = rendered(runtime=None)
    assert manifest.text.startswith("# The runtime llama-3-2-1b-instruct-rt was not read")
    assert args_of(manifest)[:6] == ["--host", "0.0.0.0", "--port", "8080", "--model-path", "$(MODEL_PATH)"]


VLLM: list[tuple[dict[str, Any], list[str]]] = [
    (
        runtime_with(["vllm", "serve"], ["$(MODEL_PATH)", "--max-num-seqs", "8"]),
        ["$(MODEL_PATH)", "--max-num-seqs", "8", "--host", "0.0.0.0", "--port", "8080"],
    ),
    (
        runtime_with(["vllm"], ["serve", "--max-num-seqs", "8"]),
        ["serve", "$(MODEL_PATH)", "--max-num-seqs", "8", "--host", "0.0.0.0", "--port", "8080"],
    ),
    (
        runtime_with(["python3", "-m", "vllm.entrypoints.openai.api_server"], ["--max-num-seqs=8"]),
        ["--max-num-seqs=8", "--host", "0.0.0.0", "--port", "8080", "--model", "$(MODEL_PATH)"],
    ),
]


@pytest.mark.parametrize(("runtime", "expected"), VLLM)
def test_vllm_gets_its_model_its_own_way(runtime: dict[str, Any], expected: list[str]) -> None:
    """The runtime tells the engine, whatever its name says."""
    args = args_of(rendered(runtime=runtime))
    assert args == [*expected, *SERVED, "--tensor-parallel-size", "2", "--gpu-memory-utilization", "0.9"]


def test_the_runtimes_port_and_model_are_kept_as_its_probes_and_volumes_go_by_them() -> None:
    runtime = runtime_with(["python3", "-m", "sglang.launch_server"], ["--port", "30000", "--model", "/models/x"])
    manifest = rendered(runtime=runtime)
    assert manifest.port == 30000 and args_of(manifest)[:4] == ["--port", "30000", "--model", "/models/x"]
    assert args_of(manifest).count("--port") == 1 and "--model-path" not in args_of(manifest)


def test_flags_go_to_the_end_of_a_shell_script_whose_last_command_is_the_engine() -> None:
    script = "set -e; ulimit -n 65536\nexec python3 -m sglang.launch_server \\\n --port 8080 --tp 4 \\\n"
    manifest = rendered({"tp_size": 2, "some_name": "it's; rm -rf /"}, runtime_with(["bash", "-lc", "--"], [script]))
    (said,) = args_of(manifest)
    assert said.startswith("set -e; ulimit -n 65536\nexec python3 -m sglang.launch_server")
    assert said.endswith("--enable-metrics --tp-size 2 --some-name 'it'\"'\"'s; rm -rf /'")
    assert said.count("--port") == 1
    in_command = rendered({"tp_size": 2}, runtime_with(["bash", "-c", script]))
    assert engine_of(in_command)["runner"]["command"][2].endswith("--tp-size 2")


@pytest.mark.parametrize("end", ["| tee /log", "; sleep 1", "# the end", "> /log", "'"])
def test_a_script_that_flags_cannot_be_added_to_is_told_with_a_cure(end: str) -> None:
    script = f"python3 -m sglang.launch_server --tp 4 {end}"
    with pytest.raises(ManifestError) as told:
        rendered(runtime=runtime_with(["sh", "-c"], [script]))
    assert "script" in told.value.message and "--templates" in told.value.cure


def test_an_engine_that_no_profile_knows_gets_what_is_tuned_and_nothing_else() -> None:
    runtime = runtime_with(["/engine"], ["--served-model-name", "x", "--tp-size", "1"], image="registry/my:1")
    manifest = rendered(runtime=runtime)
    assert args_of(manifest) == ["--served-model-name", "x", "--tp-size", "2", "--mem-frac", "0.9"]
    assert manifest.served_model_name == "x" and manifest.profile is None


def test_a_value_is_no_reference_to_a_variable_of_the_pod() -> None:
    """Else a task file could put a secret on the command line."""
    assert literal("$(HF_TOKEN)") == "$$(HF_TOKEN)" and literal("a$b") == "a$$b"
    assert literal("$(MODEL_PATH)/template.jinja") == "$(MODEL_PATH)/template.jinja"
    assert "$$(HF_TOKEN)" in args_of(rendered({"chat_template": "$(HF_TOKEN)"}, SGLANG))
