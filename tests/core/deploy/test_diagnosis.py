from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autotuner_core.deploy.local.diagnosis import diagnose, oom_kills
from autotuner_core.deploy.local.redaction import redacted_argv
from autotuner_core.deploy.readiness import served_name
from autotuner_core.failures import FailureCause as Cause

SGLANG_ASSERTION = """Traceback (most recent call last):
  File "/usr/lib/python3.12/site-packages/sglang/launch_server.py", line 11, in <module>
    server_args = prepare_server_args(sys.argv[1:])
  File "/usr/lib/python3.12/site-packages/sglang/srt/server_args.py", line 1712, in check_server_args
    assert self.tp_size % self.nnodes == 0, "tp_size must be divisible by number of nodes"
AssertionError: tp_size must be divisible by number of nodes
"""
VLLM_VALIDATION = """  File "/usr/lib/python3.12/site-packages/vllm/engine/arg_utils.py", line 1200, in create
pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig
  Value error, User-specified max_model_len (65536) is greater than the derived max_model_len (8192)
"""
VLLM_NO_CACHE = """  File "/usr/lib/python3.12/site-packages/vllm/v1/engine/core.py", line 90, in __init__
ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing
"""

# What engines really write: log, cause, words of the message.
SAID = [
    ("launch_server.py: error: unrecognized arguments: --chunk 5\n", Cause.REJECTED, "--chunk 5"),
    ("vllm serve: error: argument --dtype: invalid choice: 'f8' (choose from 'auto')\n", Cause.REJECTED, "--dtype"),
    ("error: invalid argument: --no-such\n", Cause.REJECTED, "--no-such"),
    ('error while handling argument "--parallel": stoi\n', Cause.REJECTED, "--parallel"),
    (SGLANG_ASSERTION, Cause.REJECTED, "must be divisible"),
    (VLLM_VALIDATION, Cause.REJECTED, "max_model_len"),
    ("E llama_init_from_model: quantized V cache requires flash_attn to be enabled\n", Cause.REJECTED, "flash_attn"),
    (VLLM_NO_CACHE, Cause.OUT_OF_MEMORY, "KV cache"),
    ("RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.\n", Cause.OUT_OF_MEMORY, "KV"),
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n", Cause.OUT_OF_MEMORY, "GPU"),
    ("RuntimeError: HIP out of memory.\n", Cause.OUT_OF_MEMORY, "GPU"),
    ("ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 8192\n", Cause.OUT_OF_MEMORY, "all"),
    ("ggml_aligned_malloc: insufficient memory (attempted to allocate 7813.00 MB)\n", Cause.OUT_OF_MEMORY, "allocate"),
    ("terminate called after throwing an instance of 'std::bad_alloc'\n", Cause.OUT_OF_MEMORY, "machine"),
    ("error: model file not found: /models/x.gguf\n", Cause.MODEL_UNAVAILABLE, "model"),
    ("E gguf_init_from_file: failed to open GGUF file '/x' (No such file)\n", Cause.MODEL_UNAVAILABLE, "model"),
    ("huggingface_hub.errors.GatedRepoError: 401 Client Error.\n", Cause.MODEL_UNAVAILABLE, "may not be read"),
    ("OSError: [Errno 98] Address already in use\n", Cause.ENDPOINT_UNREACHABLE, "port"),
    ("OSError: [Errno 28] No space left on device\n", Cause.STORAGE_FULL, "space"),
    ("RuntimeError: No CUDA GPUs are available\n", Cause.DOES_NOT_FIT, "GPU"),
    ("/usr/bin/python3: No module named sglang\n", Cause.ENDPOINT_UNREACHABLE, "sglang"),
    ("ModuleNotFoundError: No module named 'flashinfer'\n", Cause.CRASH, "flashinfer"),
    ("Something else went wrong\n", Cause.CRASH, "exit code 1"),
    ("", Cause.CRASH, "exit code 1"),
]


@pytest.mark.parametrize(("said", "cause", "words"), SAID)
def test_an_engine_that_says_why_it_ended_is_not_understood(
    said: str, cause: Cause, words: str, tmp_path: Path
) -> None:
    log = tmp_path / "engine.log"
    log.write_text("INFO loading\n" + said, encoding="utf-8")
    failure = diagnose(1, log, was_ready=False, oom_killed=False)
    assert failure.cause is cause
    assert words in failure.message
    assert failure.evidence[0] == "exit code 1"
    assert failure.cure


def test_a_warning_at_the_start_explains_a_crash_under_load(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("client error: argument x is odd\n", encoding="utf-8")
    assert diagnose(1, log, was_ready=True, oom_killed=False).cause is Cause.CRASH
    log.write_text("CUDA out of memory\n", encoding="utf-8")
    assert diagnose(1, log, was_ready=True, oom_killed=False).cause is Cause.OUT_OF_MEMORY


@pytest.mark.parametrize("code", [-9, 137])
def test_the_kernel_kills_for_memory_and_it_is_called_a_crash(code: int, tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    assert diagnose(code, log, was_ready=True, oom_killed=True).cause is Cause.OUT_OF_MEMORY
    assert diagnose(code, log, was_ready=True, oom_killed=False).cause is Cause.CRASH
    assert oom_kills() >= 0


@pytest.mark.parametrize(("code", "words"), [(-11, "SIGSEGV"), (-4, "SIGILL"), (-6, "SIGABRT"), (139, "SIGSEGV")])
def test_a_signal_is_shown_as_a_number(code: int, words: str, tmp_path: Path) -> None:
    assert words in diagnose(code, tmp_path / "none.log", was_ready=False, oom_killed=False).message


def test_a_log_of_gigabytes_is_read_whole(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with log.open("wb") as file:
        file.truncate(1 << 32)  # sparse: takes no space
        file.seek(0, 2)
        file.write(b"\n\xff broken text\nstd::bad_alloc\n")
    assert diagnose(1, log, was_ready=True, oom_killed=False).cause is Cause.OUT_OF_MEMORY


def test_a_pattern_takes_minutes_on_a_hostile_log(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text('File "vllm/config.py" failed to allocat ' * 5000, encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from autotuner_core.deploy.local.diagnosis import diagnose;"
        "diagnose(1, Path(sys.argv[1]), was_ready=False, oom_killed=False)"
    )
    subprocess.run([sys.executable, "-c", script, str(log)], check=True, timeout=20)


@pytest.mark.parametrize(
    ("models", "name"),
    [
        ({"data": [{"id": "/models/x.gguf", "aliases": ["asked"]}]}, "asked"),
        ({"data": [{"id": "other"}]}, "other"),
        ({"data": []}, "asked"),
        (None, "asked"),
        ({"data": [{"id": 4}, "x"]}, "asked"),
        ([1], "asked"),
    ],
)
def test_requests_carry_a_model_name_that_the_engine_does_not_know(models: object, name: str) -> None:
    assert served_name("asked", models) == name


def test_a_secret_in_an_argument_is_written_to_a_file() -> None:
    argv = ["x", "--api-key", "s", "--hf-token=s", "--max-tokens", "5", "--api-key", "--port", "1"]
    assert redacted_argv(argv) == [
        "x", "--api-key", "***", "--hf-token=***", "--max-tokens", "5", "--api-key", "--port", "1",
    ]  # fmt: skip
