"""What engines say when they fail, as data: a pattern, the cause that it proves, and the cure.

Ordered: the first rule that matches anywhere in the log's tail decides. Memory stands before flags, because engines
report a lack of memory as an invalid value too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autotuner_core.failures import FailureCause as Cause


@dataclass(frozen=True)
class Rule:
    """`message` may name groups of the pattern (`{0}` is the first). `at_start` rules hold only before the engine was
    ready. `retry` is False where the same would only happen again."""

    cause: Cause
    pattern: re.Pattern[str]
    message: str
    cure: str = ""
    at_start: bool = False
    retry: bool = True


def _rule(
    cause: Cause, pattern: str, message: str, cure: str = "", *, at_start: bool = False, retry: bool = True
) -> Rule:
    return Rule(cause, re.compile(pattern, re.IGNORECASE | re.MULTILINE), message, cure, at_start, retry)


_LESS_MEMORY = "Lower what the configuration keeps in memory (memory fraction, context, batch, slots), or give it more."
_MODEL = "Check model.name, and that this machine may read it (a gated model wants HF_TOKEN, an offline one its cache)."
_FLAG = "Correct the parameter, or add a constraint that leaves such configurations out."

RULES: tuple[Rule, ...] = (
    # ---- memory
    _rule(Cause.OUT_OF_MEMORY, r"(?:CUDA|HIP|MPS backend|XPU) out of memory", "the GPU's memory ran out", _LESS_MEMORY),
    _rule(
        Cause.OUT_OF_MEMORY,
        r"OutOfMemoryError|cudaErrorMemoryAllocation|hipErrorOutOfMemory|ErrorOutOfDeviceMemory|"
        r"(?:CUDA|HIP|NCCL)[^\n]{0,40}out of memory|cudaMalloc failed|CUBLAS_STATUS_ALLOC_FAILED",
        "the GPU's memory ran out",
        _LESS_MEMORY,
    ),
    _rule(
        Cause.OUT_OF_MEMORY,
        r"failed to allocate (?:\S+ )?(?:buffer|compute buffers)|insufficient memory|alloc\S* buffer[^\n]*failed|"
        r"failed to allocate",
        "the engine could not allocate its buffers",
        _LESS_MEMORY,
    ),
    _rule(
        Cause.OUT_OF_MEMORY,
        r"No available memory for the cache blocks|Not enough memory\. Please|"
        r"larger than the (?:maximum|available)[^\n]*KV cache|KV cache is needed, which is larger|"
        r"Free memory on device[^\n]*less than desired|max_total_num_tokens[^\n]*is (?:too small|less)",
        "no memory is left for the KV cache",
        _LESS_MEMORY,
    ),
    _rule(
        Cause.OUT_OF_MEMORY,
        r"std::bad_alloc|^\s*MemoryError\b|Cannot allocate memory|\bErrno 12\b|DefaultCPUAllocator: can't allocate",
        "the machine's memory ran out",
        _LESS_MEMORY,
    ),
    # ---- the model
    _rule(
        Cause.MODEL_UNAVAILABLE,
        r"GatedRepoError|Cannot access gated repo|401 Client Error|403 Client Error",
        "the model may not be read",
        _MODEL, at_start=True, retry=False,
    ),
    _rule(
        Cause.MODEL_UNAVAILABLE,
        r"model file not found: ([^\n]+)|failed to open GGUF file '([^']*)'|"
        r"(\S+) is not a local folder and is not a valid model identifier|RepositoryNotFoundError|"
        r"Repository Not Found|Invalid repository ID or local directory|does not appear to have a file named|"
        r"Unrecognized model in|invalid magic characters|failed to load model from (\S+)",
        "the model cannot be found or is no model for this engine",
        _MODEL, at_start=True, retry=False,
    ),
    _rule(
        Cause.MODEL_UNAVAILABLE,
        r"LocalEntryNotFoundError|OfflineModeIsEnabled|couldn't connect to '?https?://\S*huggingface|"
        r"MaxRetryError[^\n]*huggingface",
        "the model could not be downloaded",
        _MODEL, at_start=True,
    ),
    # ---- flags refused
    _rule(
        Cause.REJECTED, r"error: (unrecognized arguments?: [^\n]+)", "the engine refused its flags: {0}", _FLAG,
        at_start=True,
    ),
    _rule(
        Cause.REJECTED,
        r"error: (argument [^\n]+|ambiguous option[^\n]+|the following arguments are required[^\n]+|"
        r"invalid argument:? [^\n]+|unknown argument:? [^\n]+|unexpected argument[^\n]+)",
        "the engine refused its flags: {0}",
        _FLAG, at_start=True,
    ),
    _rule(
        Cause.REJECTED,
        r"(error while handling argument [^\n]+|(?:No such option|unknown option|unrecognized option|"
        r"flag provided but not defined):? [^\n]+)",
        "the engine refused its flags: {0}",
        _FLAG, at_start=True,
    ),
    _rule(
        Cause.REJECTED,
        r"((?:quantized V cache|V cache quantization) requires flash_attn)",
        "the engine refused the combination: {0}",
        _FLAG, at_start=True,
    ),
    _rule(
        Cause.REJECTED,
        r"(\d+ validation errors? for \w*Config\w*(?:\n[^\n]+){0,3})",
        "the engine refused its settings: {0}",
        _FLAG, at_start=True,
    ),
    _rule(
        Cause.CRASH, r"GGML_ASSERT\((.+)\) failed", "the engine gave up on its own check: {0}",
        "Leave the configuration out: the parameters that the check names do not go together.",
    ),
    # A traceback that passes through the file where the engine reads its settings.
    _rule(
        Cause.REJECTED,
        r"File \"[^\"]*(?:server_args|arg_utils|vllm/config(?:/\w+)?|cli_args)\.py\"(?:(?!Traceback)[\s\S]){0,1500}?"
        r"\n((?:ValueError|AssertionError|NotImplementedError|TypeError|KeyError)\b[^\n]*)",
        "the engine refused its settings: {0}",
        _FLAG, at_start=True,
    ),
    # ---- the machine
    _rule(
        Cause.DOES_NOT_FIT,
        r"No CUDA GPUs are available|Failed to infer device type|CUDA driver version is insufficient|"
        r"Found no NVIDIA driver|no CUDA-capable device is detected|invalid device ordinal|no ROCm-capable device",
        "the engine finds no GPU, or fewer than the configuration needs",
        "Check nvidia-smi, local.gpus and CUDA_VISIBLE_DEVICES.",
        at_start=True,
    ),
    _rule(
        Cause.ENDPOINT_UNREACHABLE,
        r"address already in use|Errno 98\b|Errno 48\b|couldn't bind (?:HTTP )?server socket|EADDRINUSE",
        "the engine's port was in use",
        "It is tried again on another port. An engine that is given {port} must not take a second fixed one.",
        at_start=True,
    ),
    _rule(
        Cause.STORAGE_FULL, r"No space left on device|Errno 28\b|Disk quota exceeded", "no space is left on the disk",
        "Free some space (also in /dev/shm, which engines use between their processes).",
    ),
    _rule(
        Cause.ENDPOINT_UNREACHABLE,
        r"(No module named (?!')\S+|: exec: [^\n]*|cannot execute[^\n]*|exec format error[^\n]*|"
        r"error while loading shared libraries[^\n]*)",
        "the engine cannot be run: {0}",
        "Install the engine in the environment that its command names (an activated one comes first on the PATH).",
        at_start=True, retry=False,
    ),
    _rule(
        Cause.CRASH,
        r"^(?:ModuleNotFoundError|ImportError): ([^\n]+)",
        "the engine lacks a package that this configuration needs: {0}",
        "Install it in the engine's environment, or leave the configuration out.",
        at_start=True,
    ),
)  # fmt: skip
