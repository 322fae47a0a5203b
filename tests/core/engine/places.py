"""Stand-ins for the two edges of the engine room: a place to deploy and a load generator, steered by the test.

What is tested on them is the orchestrator with its attempts, queue, ledger and journal, which are the real ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun, LevelWatch, RequestRow
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.base import DeployOrder, Resource
from autotuner_core.engine.budget import Budget
from autotuner_core.engine.commands.steering import Steering
from autotuner_core.engine.context import RunContext
from autotuner_core.engine.ledger import Ledger
from autotuner_core.engine.orchestrator import AutotunerOrchestrator
from autotuner_core.engine.queue import ExperimentQueue
from autotuner_core.failures import ExperimentFailure
from autotuner_core.plan.build import build_plan
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal, Recorder, read_journal
from autotuner_core.run.run_state import RunState
from autotuner_core.search.strategy import search_for
from autotuner_core.steer.protocol import Answer, Command, new_id
from autotuner_core.task.load import task_from_json

Behaviour = Callable[[DeployOrder, Scope], None]


def well(order: DeployOrder, scope: Scope) -> None:
    """A deployment that succeeds."""


class StubServer:
    gpu_count = 0.0
    gpus: tuple[str, ...] = ()

    def __init__(self, place: StubPlace) -> None:
        self.place = place

    def wait_ready(self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None) -> Endpoint:
        scope.check()
        return Endpoint("http://127.0.0.1:1", "stub")

    def failure(self) -> ExperimentFailure | None:
        return None

    def disturbances(self) -> int:
        return 0

    def recover(self, scope: Scope) -> None: ...

    def flush_cache(self, scope: Scope) -> bool:
        return True

    def stop(self, now: bool = False) -> None:
        with self.place.lock:
            self.place.up.discard(self)
        if self.place.stuck is not None:
            raise self.place.stuck


@dataclass
class StubPlace:
    """Deploys nothing, and remembers what it was asked for. `behaviour` may raise or wait."""

    behaviour: Behaviour = well
    stuck: ExperimentFailure | None = None
    orders: list[DeployOrder] = field(default_factory=list)
    up: set[StubServer] = field(default_factory=set)
    most_at_once: int = 0
    start_gap: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self, scope: Scope) -> None: ...

    def take_over(
        self, left: Sequence[DeployOrder], made: Sequence[Resource], recorder: Recorder, scope: Scope
    ) -> list[DeployOrder]:
        return []

    def deploy(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> StubServer:
        with self.lock:
            self.orders.append(order)
        self.behaviour(order, scope)
        server = self.server(order)
        with self.lock:
            self.up.add(server)
            self.most_at_once = max(self.most_at_once, len(self.up))
        return server

    def server(self, order: DeployOrder) -> StubServer:
        """What is deployed; a test may give another one."""
        return StubServer(self)

    def close(self) -> None: ...


@dataclass
class StubLoad:
    """Answers every level at once with perfect requests, one of a second per client after the other."""

    before: Callable[[Level, Scope], None] = lambda level, scope: None

    def prepare(self, scope: Scope) -> None: ...

    def versions(self) -> dict[str, str]:
        return {}

    def make_early(self, folder: Path, scope: Scope) -> None: ...

    def has_begun(self, level: Level, folder: Path, scope: Scope) -> bool:
        return False

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: Any,
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        scope.check()
        self.before(level, scope)
        rows = [row(float(n), level) for n in range(40) for _ in range(level.concurrency)]
        return LevelRun(level, tuple(rows), 0.0, 40.0, "requests")

    def more_workers(self, run: LevelRun) -> int | None:
        return None

    def finish(self, folder: Path, scope: Scope) -> None:
        """Nothing was started for the attempt alone."""

    def close(self) -> None: ...


def row(start: float, level: Level) -> RequestRow:
    chunks = tuple(start + 0.1 + 0.09 * n for n in range(10))
    return RequestRow(10, 10, start=start, first_token=chunks[0], end=start + 1.0, chunks=chunks)


class Room:
    """An engine room over a folder of the test's, with everything real but its two edges."""

    def __init__(
        self, root: Path, place: StubPlace, load: StubLoad | None = None, **changes: Mapping[str, Any] | list[str]
    ) -> None:
        task: dict[str, Any] = {
            "task_name": "stub",
            "backend": "local",
            "model": {"name": "stub"},
            "parameters": {"a": {"type": "choice", "values": [1, 2, 3, 4]}},
            "optimization": {"objective": "minimize_latency", "retries": 0},
            "benchmark": {"traffic_scenarios": ["D(10,10)"], "num_concurrency": [1, 2], "model_tokenizer": "x"},
            "local": {"engine": "command", "command": ["x", "{port}", "{flags}"], "gpus_per_experiment": 0},
        }
        for section, keys in changes.items():
            task[section] = {**task[section], **keys} if isinstance(keys, Mapping) else keys
        self.task = task_from_json(task)
        self.plan = build_plan(self.task)
        self.folder = RunFolder(root / "results" / "stub" / "ab12")
        self.folder.root.mkdir(parents=True, exist_ok=True)
        self.control = Control()
        self.state = RunState.of(read_journal(self.folder.journal))
        self.ledger = Ledger(Journal(self.folder.journal), self.state, self.control)
        if not self.state.run_id:
            self.ledger.record(ev.RunStarted(run_id="ab12", task=task, plan=self.plan.to_json()))
        resumed = self.state.hosts > 0
        self.ledger.record(ev.HostStarted(pid=1, host="h", started=1.0, token="t", resumed=resumed))
        self.place, self.load = place, load or StubLoad()
        planned = [
            ev.ExperimentQueued(experiment=e.id, parameters=e.parameters, why=e.why) for e in self.plan.experiments
        ]
        self.queue = ExperimentQueue(self.ledger, search_for(self.task, self.plan), planned)
        self.queue.refill()

    def ask(self, command: str, command_id: str | None = None, **arguments: Any) -> Answer:
        """Ask the run for something, as its control socket does."""
        order = Command(command, arguments, command_id or new_id())
        return Steering(self.task, self.ledger, self.control, self.queue).handle(order)

    def run_level_events(self, level: int) -> None:
        """What a run records of the warm-up and of one more level that was measured."""
        for index in (0, level):
            traffic = {"experiment": 1, "attempt": 1, "level": index, "scenario": "D(10,10)", "concurrency": 1}
            figures = {"e2e_latency.mean": 1.0}
            purpose = "measure" if index else "warm_up"
            self.ledger.record(ev.LevelEnded(**traffic, verdict="ok", purpose=purpose, figures=figures))

    def run(self, unattended: bool = True, adopted: Sequence[int] = ()) -> ev.RunEnded:
        """The whole run, in this thread."""
        context = RunContext(self.task, self.plan.levels, self.folder, self.ledger, self.control, self.place, self.load)
        limits = self.task.optimization
        budget = Budget(limits.max_hours, limits.max_gpu_hours, 0.0)
        return AutotunerOrchestrator(
            context, self.queue, budget, unattended=unattended, after_experiment=lambda: None, adopted=adopted
        ).run_task()

    def statuses(self) -> dict[int, str]:
        return {number: experiment.status for number, experiment in sorted(self.state.experiments.items())}
