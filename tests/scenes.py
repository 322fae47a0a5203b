"""What pictures of the screens are taken of: recorded runs with fixed times, and the keys that lead to each screen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textual.screen import Screen

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.index import index_folder
from autotuner_core.run.locks import FileLock
from autotuner_tui.app import AutotunerApp
from autotuner_tui.editing.document import opened
from autotuner_tui.screens.start import StartScreen
from autotuner_tui.screens.task import TaskScreen
from recorded_run import recorded
from recordings import BEGAN, TASK, beginning, scored
from samples import append, level, level_end, request, tick
from screens_shown import arguments

NOW = BEGAN + 60.0
"""The time that the screens see."""
PARAMETERS = {"slots": {"type": "choice", "values": [1, 2, 3, 4, 5]}}
ENGINE_LOG = "".join(f"[12:00:{n:02d}] INFO request {n} done, 100 tokens in {90 + n} ms\n" for n in range(30))
COMMAND = {"argv": ["engine", "--port", "8100", "--slots", "1"], "cwd": "/work"}
UNDER_WAY: dict[str, Any] = {"experiment": 4, "attempt": 1}
LEVEL: dict[str, Any] = {**UNDER_WAY, "scenario": "D(100,100)", "concurrency": 2}

First = Callable[[AutotunerApp], Screen[Any]]


@dataclass(frozen=True)
class Scene:
    """`first` makes the first screen's maker in a folder, which is the working folder, too. After `keys`, one after the
    other, all `words` must be there to be read, those of `wide` on a wide terminal too, before the picture is taken."""

    first: Callable[[Path], First]
    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())
    wide: tuple[str, ...] = field(default=())


def _begun() -> list[ev.Event]:
    first, *others = beginning(5)
    assert isinstance(first, ev.RunStarted)
    return [replace(first, task={**TASK, "parameters": PARAMETERS}), *others]


def _failed() -> list[ev.Event]:
    where: dict[str, Any] = {"experiment": 3, "attempt": 1}
    return [
        ev.AttemptStarted(**where),
        ev.StageChanged(**where, stage="deploying"),
        ev.AttemptEnded(
            **where, outcome="failed", cause="out_of_memory", message="CUDA out of memory",
            cure="lower mem_frac", evidence=("torch.OutOfMemoryError: Tried to allocate 2.00 GiB",),
        ),
    ]  # fmt: skip


def _three_done() -> list[ev.Event]:
    return [*_begun(), *scored(1, 1000.0), *scored(2, 1500.0, feasible=False, miss=0.4), *_failed()]


def _measuring() -> list[ev.Event]:
    process = ev.WorkloadObserved(**UNDER_WAY, kind="process", name="exp4-attempt1-engine", phase="running", pid=77)
    return [
        *_three_done(), ev.AttemptStarted(**UNDER_WAY), ev.StageChanged(**UNDER_WAY, stage="benchmarking"), process,
        ev.LevelStarted(**LEVEL, level=1, max_requests=100),
    ]  # fmt: skip


def _folder(place: Path, events: Iterable[ev.Event], *, held: bool = False) -> RunFolder:
    """`held`: the run has a living host, which is this process."""
    folder = recorded(place, events)
    requests = [request(1, 100.0 + n / 4, 0.4 + n % 5 / 20, tokens=8 + n % 3) for n in range(40)]
    for experiment in (1, 2, 4):
        attempt = folder.attempt(experiment, 1)
        ticks = [tick(1, 100.0 + second, 2) for second in range(1, 11)]
        append(attempt / "samples.jsonl", level(1), *requests, *ticks)
        (attempt / "engine.log").write_text(ENGINE_LOG)
        if experiment < 4:
            append(attempt / "samples.jsonl", level_end(1, 111.0))
    (folder.attempt(1, 1) / "command.json").write_text(json.dumps(COMMAND))
    append(folder.attempt(4, 1) / "usage.jsonl", {"cpu": 1.5, "rss": 3 << 30})
    if held:
        FileLock(folder.host_lock, folder.run_id).acquire()
    return folder


def _run(events: Callable[[], Iterable[ev.Event]], *, held: bool = False) -> Callable[[Path], First]:
    def first(place: Path) -> First:
        folder = _folder(place, events(), held=held)
        return lambda app: app.open_run(folder)

    return first


def _ended() -> list[ev.Event]:
    return [*_three_done(), ev.Skipped(experiment=4, reason="by command"), ev.RunEnded(reason="stopped")]


def _paused() -> list[ev.Event]:
    return [*_three_done(), ev.Paused(reason="", by="user")]


def _start(place: Path) -> First:
    folder = _folder(place, _ended())
    index_folder().mkdir(parents=True)
    record = {"root": str(folder.root), "created": BEGAN - 3 * 86400}
    (index_folder() / f"{BEGAN:.6f}-{folder.run_id}.json").write_text(json.dumps(record))
    return lambda app: StartScreen(arguments())


def _task(place: Path) -> First:
    task = {
        "task_name": "chat",
        "backend": "local",
        "model": {"name": "tiny"},
        "parameters": {"parallel": {"type": "choice", "values": [1, 4]}},
        "optimization": {"objective": "maximize_throughput"},
        "benchmark": {"traffic_scenarios": ["D(100,100)"], "num_concurrency": [1, 4], "max_time_per_iter": 0.2},
    }
    Path("chat.json").write_text(json.dumps(task, indent=2))
    return lambda app: TaskScreen(opened(Path("chat.json")), arguments())


LIVE, ENDED = _run(_measuring, held=True), _run(_ended)
SCENES = {
    "run-live": Scene(LIVE, (), ("running", "level"), ("following", "3.00 GiB", "In flight", "best so far")),
    "run-paused": Scene(_run(_paused, held=True), (), ("paused",), ("best so far",)),
    "run-interrupted": Scene(_run(_measuring), (), ("interrupted",), ("best so far",)),
    "run-ended": Scene(ENDED, (), ("stopped", "✔"), ("following", "Output", "best so far")),
    "results": Scene(ENDED, ("v",), ("Ranking 2", "experiment 1, rank 1")),
    "experiment": Scene(
        ENDED, ("enter",), ("experiment 1", "slots"), ("deploying", "--slots", "level 1", "end to end")
    ),
    "experiment-failed": Scene(ENDED, ("j", "j", "enter", "3"), ("experiment 3", "Tried to", "mem_frac")),
    "logs": Scene(ENDED, ("l",), ("request 29 done", "following")),
    "help": Scene(ENDED, ("question_mark",), ("keys", "any key closes this", "ab12")),
    "question": Scene(LIVE, ("x",), ("Stop the run", "y or Enter", "ab12")),
    "add": Scene(LIVE, ("a",), ("Add a configuration", "slots", "ab12")),
    "start": Scene(_start, (), ("ab12",), ("local_demo",)),
    "task": Scene(_task, (), ("chat.json",), ("did you mean",)),
}
