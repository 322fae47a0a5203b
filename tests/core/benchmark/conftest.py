"""A controller with the real genai-bench, started once for all tests of this folder; a small tokenizer of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autotuner_core.engine.control import Scope
from bench_rig import Bench, bench_in, task_of


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer of 400 words, as a folder that transformers reads."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet)
    made.train_from_iterator(["From fairest creatures we desire increase"] * 20, trainer)
    folder = tmp_path_factory.mktemp("tokenizer")
    PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>").save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, tokenizer: Path) -> Iterator[Bench]:
    made = bench_in(tmp_path_factory.mktemp("bench"), task_of(tokenizer))
    try:
        made.controller.prepare(Scope(made.control))
        yield made
    finally:
        made.controller.close()
