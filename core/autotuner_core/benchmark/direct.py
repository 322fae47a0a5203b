"""The load from this machine: genai-bench, forked per level from one warm process, or as a plain command line where it
is not the genai-bench that the launcher knows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun, LevelWatch
from autotuner_core.benchmark.command import API_KEY_VARIABLE, child_environment
from autotuner_core.benchmark.cores import cores_for_load
from autotuner_core.benchmark.forked_level import ForkedLevel, LevelOrder, WarmProcessDied
from autotuner_core.benchmark.interpreter import check_tokenizer, genai_bench_python, tokenizer_of
from autotuner_core.benchmark.level_files import METADATA
from autotuner_core.benchmark.log_tail import log_tail
from autotuner_core.benchmark.metadata import join_metadata, read_metadata
from autotuner_core.benchmark.orders import Orders
from autotuner_core.benchmark.plain import LOST, PlainLevel
from autotuner_core.benchmark.reachability import explain_end
from autotuner_core.benchmark.redact import Redactor
from autotuner_core.benchmark.warm import WarmProcess
from autotuner_core.benchmark.warm_keeper import WarmKeeper
from autotuner_core.benchmark.workers import Workers
from autotuner_core.control import Scope
from autotuner_core.deploy.local.gpus import on_cores
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.run.events import RunNote
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

ServerFailure = Callable[[], ExperimentFailure | None]


class DirectBenchmarkController:
    """A Benchmark (see base.py) whose load generator runs on this machine. One per run; thread-safe."""

    def __init__(self, task: Task, run_folder: RunFolder, token: str, recorder: Recorder) -> None:
        self._task, self._folder, self._token, self._recorder = task, run_folder, token, recorder
        self._python = ""
        self._tokenizer = ""
        self._environment: dict[str, str] = {}
        self._notify: Callable[[], None] = lambda: None
        self._keeper = WarmKeeper(self._start_warm, recorder, token)
        self._cores = cores_for_load(task)
        self._workers = Workers(task.benchmark.num_workers, self._cores.usable, task.optimization.max_parallel)
        self._plain = False
        self._versions: dict[str, str] = {}

    # ---- before any GPU is taken

    def prepare(self, scope: Scope) -> None:
        """See Benchmark.prepare."""
        self._python = genai_bench_python(self._task)
        self._tokenizer = tokenizer_of(self._task)
        self._environment = child_environment(os.environ, tokenizer_is_local=Path(self._tokenizer).is_dir())
        self._notify = scope.control.notify
        try:
            warm = self._keeper.get(scope)
        except ExperimentFailure as failure:
            raise PreflightError(failure.message, cure=" ".join([*failure.evidence[-1:], failure.cure])) from failure
        self._check(warm)
        if self._cores.shared:
            self._recorder.record(RunNote(text=self._cores.shared, code="cores_shared"))

    def _start_warm(self) -> WarmProcess:
        with on_cores(self._cores.own):
            return WarmProcess(
                self._python,
                tokenizer=self._tokenizer,
                env=self._environment,
                folder=self._folder.root,
                log=self._folder.root / "genai-bench.log",
                token=self._token,
                notify=self._notify,
            )

    def _check(self, warm: WarmProcess) -> None:
        loaded, tokenizer = warm.loaded or {}, warm.tokenizer or {}
        version = loaded.get("genai_bench")
        if version is None:
            self._keeper.close()
            raise PreflightError(
                f"{self._python} cannot load genai-bench: {'; '.join(loaded.get('missing', ()))}",
                cure=f"Install it for that interpreter: {self._python} -m pip install genai-bench==0.0.5",
            )
        self._versions = {"genai-bench": str(version), "genai-bench python": str(loaded.get("python", ""))}
        kind, message = str(tokenizer.get("kind", "failed")), str(tokenizer.get("message", ""))
        check_tokenizer(self._tokenizer, ok=bool(tokenizer.get("ok")), kind=kind, message=message)
        if not loaded.get("patched"):
            self._fall_back(list(loaded.get("missing", ())))

    def _fall_back(self, missing: Sequence[str]) -> None:
        self._keeper.close()
        if API_KEY_VARIABLE in self._environment:
            raise PreflightError(
                f"this genai-bench {self.versions().get('genai-bench')} would write {API_KEY_VARIABLE} to its files",
                cure="Install genai-bench==0.0.5, which the tuner gives the key in memory only.",
            )
        self._plain = True
        why = f"genai-bench {self.versions().get('genai-bench')} is not as expected ({'; '.join(missing)})"
        text = f"{why}: the plain command line is used. {LOST}"
        self._recorder.record(RunNote(text=text, level="warning", code="plain_genai_bench"))

    def versions(self) -> dict[str, str]:
        """`genai-bench` and the Python it runs on (`genai-bench python`); empty before `prepare`."""
        return dict(self._versions)

    # ---- levels

    def make_early(self, folder: Path, scope: Scope) -> None:
        """See Benchmark.make_early: it is warm before any server is."""

    def has_begun(self, level: Level, folder: Path, scope: Scope) -> bool:
        """See Benchmark.has_begun: a load generator of this machine ends with its host."""
        return False

    def run_benchmark(
        self, levels: Sequence[Level], endpoint: Endpoint, folder: Path, scope: Scope, server_failure: ServerFailure
    ) -> list[LevelRun]:
        """All levels, one after the other, up to the first in which the server died. Raises as `run_level` does."""
        runs: list[LevelRun] = []
        for level in levels:
            runs.append(self.run_level(level, endpoint, folder, scope, server_failure))
            if runs[-1].ended_by == "died":
                break
        return runs

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: ServerFailure,
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        """See Benchmark.run_level."""
        scope.check()
        orders = self._orders()
        files = orders.files_of(level, folder)
        order = orders.order(level, endpoint, folder, 1 if self._plain else self._workers.of(level))
        before = read_metadata(files)
        if self._plain:
            plain = PlainLevel(order, self._python, self._recorder, scope, server_failure)
            run = plain.run(files)
        else:
            run = self._forked(order, scope, server_failure, watch)
        self._tidy(files, before)
        return explain_end(run, endpoint, scope, server_failure)

    def more_workers(self, run: LevelRun) -> int | None:
        """See Benchmark.more_workers."""
        return None if self._plain else self._workers.more(run)

    def _orders(self) -> Orders:
        return Orders(self._task, self._folder, self._token, self._tokenizer, self._environment)

    def _tidy(self, files: Path, before: Mapping[str, Any]) -> None:
        join_metadata(files, before)
        redactor = Redactor.of(self._environment)
        for path in (files / METADATA, *(files.glob("*.log") if self._plain else ())):
            redactor.file(path)

    def _forked(
        self,
        order: LevelOrder,
        scope: Scope,
        server_failure: ServerFailure,
        watch: Callable[[], LevelWatch] | None,
    ) -> LevelRun:
        for _ in range(2):
            warm = self._keeper.get(scope)
            try:
                watching = watch() if watch is not None else None
                return ForkedLevel(warm, order, self._recorder, scope, server_failure, watching).run()
            except WarmProcessDied:
                text = "the load generator's warm process died in the middle of a level: it is begun anew"
                self._recorder.record(RunNote(text=text, level="warning", code="warm_process_died"))
        raise ExperimentFailure(
            FailureCause.BENCHMARK_FAILED,
            "the load generator's warm process died twice in the same level",
            evidence=log_tail(warm.log),
            cure=f"Its output is in {warm.log}; a process that was killed from outside is in the kernel's log (dmesg).",
        )

    # ---- the end

    def finish(self, folder: Path, scope: Scope) -> None:
        """See Benchmark.finish: a load generator of this machine ends with its level."""

    def cleanup_results(self, folder: Path) -> None:
        """Remove genai-bench's own files of an attempt; its samples and logs stay."""
        shutil.rmtree(self._orders().files(folder), ignore_errors=True)

    def close(self) -> None:
        """See Benchmark.close."""
        self._keeper.close()
