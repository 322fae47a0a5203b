"""The recipe of the tiny model: a random-weight Llama with a tokenizer of its own. Run in a process of its own
(`python -m autotuner_core.deploy.local.tiny_recipe FOLDER`), which keeps numpy out of the tuner's memory.

What it says is gibberish; the work that it makes, and the timing of it, are real. F32 weights: F16 is many times
slower on CPUs without half-precision arithmetic.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Matrix = Any  # numpy.ndarray, which is not imported here

MODEL_FILE = "tiny.gguf"
TOKENIZER_FOLDER = "tokenizer"

LAYERS = 4
WIDTH = 256
HEADS = 8
KV_HEADS = 4
FEED_FORWARD = 768
VOCABULARY = 2048
CONTEXT = 32768
BEGIN, END = "<|begin|>", "<|end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


def make(folder: Path) -> None:
    """Write the model and its tokenizer into `folder`, which exists. Takes about 2 s."""
    tokenizer = train_tokenizer((Path(__file__).parent / "tiny_text.txt").read_text(encoding="utf-8"))
    write_tokenizer(tokenizer, folder / TOKENIZER_FOLDER)
    write_model(tokenizer, folder / MODEL_FILE)


def train_tokenizer(text: str) -> Tokenizer:
    """A byte-level BPE tokenizer, as GPT-2's, of exactly `VOCABULARY` tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=1,
        special_tokens=[BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """The folder that transformers' AutoTokenizer (and with it genai-bench) reads."""
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"bos_token": BEGIN, "eos_token": END, "pad_token": END}
    config = {
        **special,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1), encoding="utf-8")


def write_model(tokenizer: Tokenizer, path: Path) -> None:
    """The GGUF file: sizes, vocabulary, chat template and random weights."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_vocabulary(writer, tokenizer)
    for name, tensor in weights(tokens_of(tokenizer)).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: Any, tokenizer: Tokenizer) -> None:
    """Tokens, merges and special tokens, as llama.cpp reads a GPT-2 tokenizer."""
    import gguf

    tokens = tokens_of(tokenizer)
    kinds = [gguf.TokenType.CONTROL if token in (BEGIN, END) else gguf.TokenType.NORMAL for token in tokens]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(tokens.index(BEGIN))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_pad_token_id(tokens.index(END))
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)


def tokens_of(tokenizer: Tokenizer) -> list[str]:
    """The vocabulary in order of the token numbers. Raises ValueError where it has not the size it must have."""
    vocabulary = tokenizer.get_vocab()
    if len(vocabulary) != VOCABULARY:
        raise ValueError(f"the tokenizer has {len(vocabulary)} tokens, not {VOCABULARY}: the text is too short")
    return sorted(vocabulary, key=vocabulary.__getitem__)


def weights(tokens: list[str]) -> dict[str, Matrix]:
    """Random weights, the same at every call.

    Nothing leads to the special tokens nor to bytes that are no text by themselves: an answer never ends early, and
    every token is a piece of text that can be sent at once.
    """
    import numpy as np

    generator = np.random.default_rng(1)

    def matrix(rows: int, columns: int) -> Matrix:
        return generator.standard_normal((rows, columns), dtype=np.float32) * np.float32(columns**-0.5)

    ones: Matrix = np.ones(WIDTH, dtype=np.float32)
    kv_width = WIDTH // HEADS * KV_HEADS
    output = matrix(VOCABULARY, WIDTH) * np.float32(8.0)
    output[[not is_text(token) for token in tokens]] = 0.0
    tensors = {"token_embd.weight": matrix(VOCABULARY, WIDTH), "output_norm.weight": ones, "output.weight": output}
    for layer in range(LAYERS):
        prefix = f"blk.{layer}."
        tensors[prefix + "attn_norm.weight"] = ones
        tensors[prefix + "attn_q.weight"] = matrix(WIDTH, WIDTH)
        tensors[prefix + "attn_k.weight"] = matrix(kv_width, WIDTH)
        tensors[prefix + "attn_v.weight"] = matrix(kv_width, WIDTH)
        tensors[prefix + "attn_output.weight"] = matrix(WIDTH, WIDTH)
        tensors[prefix + "ffn_norm.weight"] = ones
        tensors[prefix + "ffn_gate.weight"] = matrix(FEED_FORWARD, WIDTH)
        tensors[prefix + "ffn_up.weight"] = matrix(FEED_FORWARD, WIDTH)
        tensors[prefix + "ffn_down.weight"] = matrix(WIDTH, FEED_FORWARD)
    return tensors


def is_text(token: str) -> bool:
    """Whether a byte-level token is plain printable text (`Ġ` is the space, `Ċ` the line's end)."""
    return token not in (BEGIN, END) and all(" " < letter <= "~" or letter in "ĠĊ" for letter in token)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
