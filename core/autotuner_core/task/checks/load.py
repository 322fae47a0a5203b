"""The benchmark section: what can be measured, and what genai-bench would stumble over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autotuner_core.task.model import Task
from autotuner_core.task.numbers import out_of_quotes
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem, note, warning
from autotuner_core.task.scenarios import scenario_fault

MOST_LEVELS = 200
_KNOWN_TASKS = (
    "text-to-image",
    "text-to-embeddings",
    "text-to-rerank",
    "text-to-speech",
    "image-text-to-text",
    "image-to-embeddings",
    "image-to-text",
)
_SET_BY_THE_SCENARIO = ("max_tokens", "max_completion_tokens", "min_tokens")
_SET_BY_THE_BENCHMARK = ("model", "messages", "prompt", "stream", "stream_options", "n")


def check(task: Task) -> Iterator[Problem]:
    """Task, scenarios, concurrencies and request parameters."""
    yield from _task(task.benchmark.task)
    for index, scenario in enumerate(task.benchmark.traffic_scenarios):
        message, cure = scenario_fault(scenario)
        if message:
            place = ("benchmark", "traffic_scenarios", index)
            yield Problem(place, f"{quoted(scenario)}: {message}", cure, code="scenario")
    yield from _duplicates(task.benchmark.traffic_scenarios, ("benchmark", "traffic_scenarios"))
    yield from _duplicates(task.benchmark.num_concurrency, ("benchmark", "num_concurrency"))
    levels = len(task.benchmark.traffic_scenarios) * len(task.benchmark.num_concurrency)
    if levels > MOST_LEVELS:
        message = f"{levels} levels (scenarios x concurrencies) for each configuration; {MOST_LEVELS} are allowed"
        yield Problem(("benchmark", "num_concurrency"), message, "take fewer")
    yield from _workers(task.benchmark.num_workers, task.benchmark.num_concurrency)
    yield from _request(task.benchmark.additional_params)


def _workers(number: int | None, concurrencies: Sequence[int]) -> Iterator[Problem]:
    """Load generators without a client, or without a core."""
    place, cure = ("benchmark", "num_workers"), "lower it, or leave it out: the tuner chooses"
    if number is None:
        return
    if number > max(concurrencies):
        message = f"{number} load generators cannot share {max(concurrencies)} concurrent requests, the most asked for"
        yield Problem(place, message, cure)
        return
    fewer = [concurrency for concurrency in concurrencies if concurrency < number]
    if fewer:
        message = f"at concurrency {', '.join(map(str, fewer))} only as many load generators have something to do"
        yield note(place, message, code="workers")
    cores = os.cpu_count() or number
    if number > cores:
        message = f"{number} load generators on {cores} cores disturb one another"
        yield warning(place, message, cure, "workers")


def _task(task: str) -> Iterator[Problem]:
    place = ("benchmark", "task")
    if task in _KNOWN_TASKS:
        message = f"{task} cannot be tuned: its measurements have no tokens over time (TTFT, TPOT) to compare"
        yield Problem(place, message, 'only "text-to-text" can')
    elif task != "text-to-text":
        yield Problem(place, f"{quoted(task)} is no task that the tuner knows", 'write "text-to-text"')


def _duplicates(values: Sequence[Any], place: Place) -> Iterator[Problem]:
    seen: dict[Any, int] = {}
    for index, value in enumerate(values):
        first = seen.setdefault(value, index)
        if first != index:
            message = f"{quoted(value)} is there twice; the first is {place[-1]}[{first}]"
            yield Problem((*place, index), message, "remove one of the two", code="duplicate")


def _request(params: Mapping[str, Any]) -> Iterator[Problem]:
    for name in params:
        place: Place = ("benchmark", "additional_params", name)
        if name == "ignore_eos" and not params[name]:
            message = (
                "answers would stop short of the length that the scenario asks, and genai-bench asks on the terminal"
            )
            yield Problem(place, message, "leave it out: the tuner sets it", code="request")
        elif name in _SET_BY_THE_SCENARIO:
            yield Problem(place, "is set by the traffic scenario", "leave it out", code="request", at_key=True)
        elif name in _SET_BY_THE_BENCHMARK:
            yield Problem(place, "is set by genai-bench", "leave it out", code="request", at_key=True)


def check_numbers(task: Task, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """A note for each number that was taken out of its quotes."""
    section = raw.get("benchmark")
    written = section.get("additional_params") if isinstance(section, dict) else None
    for name, value in written.items() if isinstance(written, dict) else ():
        number = out_of_quotes(value)
        if number is not value and name in task.benchmark.additional_params:
            message = f"the text {quoted(value)} is sent as the number {number!r}"
            yield note(("benchmark", "additional_params", name), message, code="number_in_quotes")
