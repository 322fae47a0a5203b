"""A DirectBenchmarkController with its surroundings, for tests that load a server with the real genai-bench."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun, LevelWatch
from autotuner_core.benchmark.direct import DirectBenchmarkController
from autotuner_core.benchmark.warm_keeper import NAME
from autotuner_core.control import Control, Scope
from autotuner_core.failures import ExperimentFailure
from autotuner_core.run.events import ResourceCreated
from autotuner_core.run.folder import RunFolder
from autotuner_core.task.load import task_from_json
from recordings import Kept
from waiting import wait_for

TOKEN = f"benchmark-tests-{uuid.uuid4().hex}"  # others may run these tests on this machine


def task_of(tokenizer: Path, cores: list[list[int]] | None = None, **benchmark: Any) -> Any:
    return task_from_json(
        {
            "task_name": "bench-test",
            "backend": "local",
            "model": {"name": "tiny"},
            "parameters": {"ttft": {"type": "choice", "values": [0.01]}},
            "optimization": {"objective": "maximize_throughput"},
            "benchmark": {"model_tokenizer": str(tokenizer), **benchmark},
            "local": {"engine": "llama.cpp", "cores": cores},
        }
    )


@dataclass
class Bench:
    """A controller with its surroundings; each level of a test goes to an attempt's folder of its own."""

    controller: DirectBenchmarkController
    folder: RunFolder
    recorder: Kept
    control: Control
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def scope(self) -> Scope:
        return Scope(Control())

    def attempt(self) -> Path:
        return self.folder.attempt(next(self.numbers), 1)

    def load_generator(self) -> ResourceCreated:
        """The process of the level under way, once it is recorded."""

        def under_way() -> ResourceCreated | None:
            removed = {event.name for event in self.recorder.of("ResourceRemoved")}
            created = self.recorder.of("ResourceCreated")
            return next((e for e in reversed(created) if e.name != NAME and e.name not in removed), None)

        found = wait_for(under_way, what="a load generator")
        assert isinstance(found, ResourceCreated)
        return found

    def run(
        self,
        url: str,
        *,
        scenario: str = "D(20,20)",
        concurrency: int = 2,
        max_seconds: float = 20.0,
        max_requests: int = 20,
        seed: int = 1,
        index: int = 1,
        folder: Path | None = None,
        scope: Scope | None = None,
        server_failure: Callable[[], ExperimentFailure | None] = lambda: None,
        watch: Callable[[Level], LevelWatch] | None = None,
    ) -> LevelRun:
        level = Level(index, scenario, concurrency, max_seconds, max_requests, seed, warm_up=index == 0)
        endpoint = Endpoint(url, "tiny")
        scope = scope or self.scope()
        watching = None if watch is None else partial(watch, level)
        return self.controller.run_level(level, endpoint, folder or self.attempt(), scope, server_failure, watching)


def bench_in(root: Path, task: Any, token: str = TOKEN) -> Bench:
    folder = RunFolder(root / "results" / "bench-test" / "abcd")
    folder.root.mkdir(parents=True)
    recorder, control = Kept(), Control()
    controller = DirectBenchmarkController(task, folder, token, recorder)
    return Bench(controller, folder, recorder, control)


def in_background(bench: Bench, url: str, **limits: Any) -> tuple[threading.Thread, list[Any]]:
    """A level in a thread of its own: the thread, and where its run, or what it raised, will be."""
    results: list[Any] = []

    def level() -> None:
        try:
            results.append(bench.run(url, **limits))
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=level)
    thread.start()
    return thread, results


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
