"""llama-server's flags, and which attribute of xllamacpp's CommonParams each one sets. Data for bundled_server.py.

Spellings as in llama.cpp's `tools/server/README.md`. A flag that is not here is refused, as llama-server would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CACHE_TYPES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1")


@dataclass(frozen=True)
class Option:
    """One flag: its spellings, the attribute (dotted) that it sets, and what it takes.

    `kind`: `count` (a whole number of at least 1), `int`, `float`, `text`, or `switch`, which takes no value and sets
    `value`. With `choices` only these words are taken; `words` are what they stand for. With `enum` (a type of
    xllamacpp) a word stands for the member whose name ends in it.
    """

    flags: tuple[str, ...]
    attribute: str
    kind: str = "int"
    value: Any = None
    choices: tuple[str, ...] = ()
    enum: str = ""
    words: tuple[Any, ...] = ()


def _switch(attribute: str, on: tuple[str, ...] = (), off: tuple[str, ...] = ()) -> list[Option]:
    both = [Option(on, attribute, "switch", value=True), Option(off, attribute, "switch", value=False)]
    return [option for option in both if option.flags]


OPTIONS: tuple[Option, ...] = (
    # threads
    Option(("-t", "--threads"), "cpuparams.n_threads", "count"),
    Option(("-tb", "--threads-batch"), "cpuparams_batch.n_threads", "count"),
    Option(("--poll",), "cpuparams.poll"),
    Option(("--poll-batch",), "cpuparams_batch.poll"),
    Option(("--threads-http",), "n_threads_http"),
    Option(
        ("--numa",), "numa", "text", choices=("distribute", "isolate", "numactl"), enum="ggml_numa_strategy"
    ),
    Option(
        ("--prio",), "cpuparams.priority", "text", enum="ggml_sched_priority",
        choices=("-1", "0", "1", "2", "3"), words=("LOW", "NORMAL", "MEDIUM", "HIGH", "REALTIME"),
    ),
    Option(("--cpu-strict",), "cpuparams.strict_cpu", "text", choices=("0", "1"), words=(False, True)),
    # batching and slots
    Option(("-b", "--batch-size"), "n_batch", "count"),
    Option(("-ub", "--ubatch-size"), "n_ubatch", "count"),
    *_switch("cont_batching", ("-cb", "--cont-batching"), ("-nocb", "--no-cont-batching")),
    Option(("-n", "--predict", "--n-predict"), "n_predict"),
    Option(("--keep",), "n_keep"),
    # memory: the cache of keys and values, and of prompts
    Option(("-ctk", "--cache-type-k"), "cache_type_k", "text", choices=CACHE_TYPES, enum="ggml_type"),
    Option(("-ctv", "--cache-type-v"), "cache_type_v", "text", choices=CACHE_TYPES, enum="ggml_type"),
    *_switch("kv_unified", ("-kvu", "--kv-unified"), ("-no-kvu", "--no-kv-unified")),
    *_switch("cache_prompt", ("--cache-prompt",), ("--no-cache-prompt",)),
    Option(("--cache-reuse",), "n_cache_reuse"),
    Option(("-cram", "--cache-ram"), "cache_ram_mib"),
    Option(("-sps", "--slot-prompt-similarity"), "slot_prompt_similarity", "float"),
    *_switch("ctx_shift", ("--context-shift",), ("--no-context-shift",)),
    *_switch("swa_full", ("--swa-full",)),
    # computing
    Option(
        ("-fa", "--flash-attn"), "flash_attn_type", "text",
        choices=("on", "off", "auto"), enum="llama_flash_attn_type", words=("ENABLED", "DISABLED", "AUTO"),
    ),
    *_switch("warmup", ("--warmup",), ("--no-warmup",)),
    *_switch("no_extra_bufts", ("-nr", "--no-repack"), ("--repack",)),
    *_switch("no_op_offload", ("--no-op-offload",), ("--op-offload",)),
    *_switch("no_kv_offload", ("-nkvo", "--no-kv-offload"), ("-kvo", "--kv-offload")),
    *_switch("check_tensors", ("--check-tensors",)),
    Option(("-ngl", "--gpu-layers", "--n-gpu-layers"), "n_gpu_layers"),
    Option(("-mg", "--main-gpu"), "main_gpu"),
    Option(
        ("-sm", "--split-mode"), "split_mode", "text", choices=("none", "layer", "row"), enum="llama_split_mode"
    ),
    Option(
        ("-fit", "--fit"), "fit_params", "text", choices=("on", "off"), words=(True, False)
    ),
    # how the file is read
    Option(
        ("-lm", "--load-mode"), "load_mode", "text", enum="llama_load_mode",
        choices=("auto", "none", "mmap", "mlock", "mmap+mlock"), words=("AUTO", "NONE", "MMAP", "MLOCK", "MMAP_MLOCK"),
    ),
    Option(("--mlock",), "load_mode", "switch", value="MMAP_MLOCK", enum="llama_load_mode"),
    Option(("--mmap",), "load_mode", "switch", value="MMAP", enum="llama_load_mode"),
    Option(("--no-mmap",), "load_mode", "switch", value="NONE", enum="llama_load_mode"),
    # the server
    *_switch("endpoint_metrics", ("--metrics",)),
    *_switch("endpoint_slots", ("--slots",), ("--no-slots",)),
    Option(("--slot-save-path",), "slot_save_path", "text"),
    *_switch("use_jinja", ("--jinja",), ("--no-jinja",)),
    Option(("--chat-template",), "chat_template", "text"),
    Option(("-to", "--timeout"), "timeout_read"),
    Option(("-lv", "--verbosity", "--log-verbosity"), "verbosity"),
)  # fmt: skip
