"""BenchmarkController: the load by OME's BenchmarkJobs in the cluster, by the architecture document's names."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

from autotuner_core.benchmark.base import Endpoint, Level, LevelRun, LevelWatch
from autotuner_core.benchmark.job import names
from autotuner_core.benchmark.job.launcher_map import LauncherMap
from autotuner_core.benchmark.job.left import left_pods
from autotuner_core.benchmark.job.level import JobLevel
from autotuner_core.benchmark.job.manifest import JobManifest, render_benchmark_job
from autotuner_core.benchmark.job.parts import JobParts
from autotuner_core.benchmark.job.plain import LOST, PlainJob, why_by_itself
from autotuner_core.benchmark.job.pod import JobPod
from autotuner_core.benchmark.job.reader import bring_results, bring_samples
from autotuner_core.benchmark.orders import owner_of
from autotuner_core.benchmark.volume.claims import Claims
from autotuner_core.benchmark.workers import Workers
from autotuner_core.control import Interrupted, Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.adoption import same
from autotuner_core.deploy.ome.fields import text
from autotuner_core.deploy.ome.in_the_way import as_preflight
from autotuner_core.deploy.ome.quantity import quantity
from autotuner_core.failures import ExperimentFailure, FailureCause, FailureGroup
from autotuner_core.run.events import RunNote, ToolsFound

MANIFEST_FILE = "benchmark_job.yaml"

ServerFailure = Callable[[], ExperimentFailure | None]


class BenchmarkController:
    """A Benchmark (see benchmark/base.py) whose load generators run in the cluster. One per run; thread-safe."""

    def __init__(self, parts: JobParts) -> None:
        self._parts = parts
        self._claims = Claims(parts.client, parts.where, parts.recorder, parts.control)
        self._launcher = LauncherMap(parts)
        task = parts.where.task
        limits = {**names.OME_AMOUNTS, **task.benchmark.resources.get("limits", {})}
        self._workers = Workers(
            task.benchmark.num_workers, int(quantity(limits["cpu"]) or float(names.OME_AMOUNTS["cpu"])), 1
        )
        self._lock = threading.Lock()
        self._pods: dict[Path, JobPod] = {}
        self._waiting: dict[Path, JobPod] = {}  # made by an earlier host, or before the engine answers
        self._plain: dict[Path, PlainJob] = {}
        self._versions: dict[str, str] = {}
        self._told: set[str] = set()

    def prepare(self, scope: Scope) -> None:
        """See Benchmark.prepare."""
        with as_preflight(), self._parts.waits.within(scope):
            self._parts.watching.begin(scope)
            self._claims.prepare(scope)
            self._waiting = left_pods(self._parts)
            for pod in self._waiting.values():
                self._claims.hold(pod.manifest.claim)
                self._launcher.ensure(scope)
        image = names.image_of(self._parts.where.task)
        self._tell(f"the load comes from inside the cluster: BenchmarkJobs with the image {image}", "way")

    def versions(self) -> dict[str, str]:
        """See Benchmark.versions: what the first pod has reported, and nothing before."""
        return dict(self._versions)

    # ---- the architecture document's three steps

    def create_benchmark_job(self, folder: Path, scope: Scope) -> JobPod:
        """The BenchmarkJob of the attempt whose folder this is, with its load generator ready for the first level, or
        (see JobPod.start) at work by itself. Raises ExperimentFailure and Interrupted."""
        pod = self._made(folder, scope, self._pods)
        self._start(pod, scope)
        return pod

    def _made(self, folder: Path, scope: Scope, known: dict[Path, JobPod]) -> JobPod:
        """It is among `known` before it exists."""
        experiment, attempt = owner_of(folder)
        assert experiment is not None and attempt is not None, "an attempt's folder"
        parts, order = self._parts, DeployOrder(experiment, attempt, {}, folder)
        with parts.waits.within(scope):
            claim = self._claims.take(scope)
        try:
            place = f"exp{experiment}-attempt{attempt}-{uuid.uuid4().hex[:4]}"
            manifest = self._manifest(order, claim, place, scope)
            (folder / MANIFEST_FILE).write_text(manifest.text, encoding="utf-8")
            pod = known[folder] = JobPod(parts, order, manifest)
        except BaseException:
            self._claims.give_back(claim)
            raise
        pod.make(scope)
        return pod

    def _manifest(self, order: DeployOrder, claim: str, result_folder: str, scope: Scope) -> JobManifest:
        parts, owner = self._parts, self._launcher.ensure(scope)
        return render_benchmark_job(
            parts.where,
            order.experiment,
            order.attempt,
            parts.measured,
            claim=claim,
            result_folder=result_folder,
            model=parts.catalog().model,
            owner=owner,
        )

    def _start(self, pod: JobPod, scope: Scope, *, is_early: bool = False) -> None:
        if pod.start(scope):
            return self._saw_tools(pod)
        if is_early:
            said = "no launcher reports from it, and it may have begun before the engine answered"
            raise ExperimentFailure(FailureCause.BENCHMARK_FAILED, said)
        parts, order = self._parts, pod.order
        files = parts.folder.benchmark_files(order.experiment, order.attempt)
        self._plain[order.folder] = PlainJob(parts, pod, files, partial(bring_results, parts, pod, files, scope))
        return self._tell_lost(pod)

    def _take_in_hand(self, pod: JobPod, scope: Scope) -> None:
        """What an earlier host of this run left, or was made early; where that cannot be, it is removed, and begun
        again with the next level. Raises ExperimentFailure (it cannot be removed, no access) and Interrupted."""
        name, order = pod.manifest.name, pod.order
        self._pods[order.folder] = pod
        try:
            place = text(pod.manifest.body, "spec", "resultFolderName")
            if not same(self._manifest(order, pod.manifest.claim, place, scope).body, pod.manifest.body):
                raise ExperimentFailure(FailureCause.BENCHMARK_FAILED, "it is not what would be made now")
            self._start(pod, scope, is_early=not pod.is_left)
        except ExperimentFailure as failure:
            if failure.cause.group is FailureGroup.ACCESS:
                raise
            origin = "left by an earlier host" if pod.is_left else "made before the engine answered"
            said = f"the BenchmarkJob {name}, {origin}, is begun again: {failure.message}"
            note = RunNote(text=said, code="job_begun_again", level="warning", experiment=order.experiment)
            self._parts.recorder.record(note)
            return self.finish(order.folder, scope)
        if pod.is_left:
            said = f"the BenchmarkJob {name}, left by an earlier host, goes on"
            self._parts.recorder.record(RunNote(text=said, code="job_goes_on", experiment=order.experiment))
        return None

    def wait_for_completion(
        self,
        pod: JobPod,
        level: Level,
        model_name: str,
        scope: Scope,
        server_failure: ServerFailure,
        watch: LevelWatch | None = None,
    ) -> LevelRun:
        """Run one level in the pod of a job, and wait for its end. Raises ExperimentFailure and Interrupted."""
        parts, workers = self._parts, self._workers.of(level)

        def bring_rest() -> None:
            bring_samples(parts, pod, pod.reports.pieces, scope)

        return JobLevel(
            pod, level, parts.where.task, model_name, workers, scope, server_failure, watch, bring_rest
        ).run()

    def get_benchmark_results(self, folder: Path, scope: Scope) -> list[str]:
        """Bring genai-bench's own files of an attempt home from its claim; their names. Raises ExperimentFailure and
        Interrupted."""
        pod = self._pods[folder]
        files = self._parts.folder.benchmark_files(pod.order.experiment, pod.order.attempt)
        return bring_results(self._parts, pod, files, scope)

    # ---- Benchmark

    def make_early(self, folder: Path, scope: Scope) -> None:
        """See Benchmark.make_early. A launcher waits for orders; only one that has reported from this image before is
        relied upon to be there, since without it genai-bench would load an engine that does not answer."""
        if self._versions and folder not in self._waiting:
            self._made(folder, scope, self._waiting)

    def has_begun(self, level: Level, folder: Path, scope: Scope) -> bool:
        """See Benchmark.has_begun."""
        if (waiting := self._waiting.pop(folder, None)) is not None:
            self._take_in_hand(waiting, scope)
        pod = self._pods.get(folder)
        return pod is not None and pod.is_left and (folder in self._plain or pod.has_begun(level))

    def run_level(
        self,
        level: Level,
        endpoint: Endpoint,
        folder: Path,
        scope: Scope,
        server_failure: ServerFailure,
        watch: Callable[[], LevelWatch] | None = None,
    ) -> LevelRun:
        """See Benchmark.run_level. The first level of an attempt makes its job."""
        scope.check()
        pod = self._pods.get(folder) or self.create_benchmark_job(folder, scope)
        if (plain := self._plain.get(folder)) is not None:
            return plain.run_level(level, scope, server_failure)
        watching = watch() if watch is not None else None
        return self.wait_for_completion(pod, level, endpoint.model_name, scope, server_failure, watching)

    def more_workers(self, run: LevelRun) -> int | None:
        """See Benchmark.more_workers: within the CPUs that the pod may use."""
        return self._workers.more(run) if run.timestamps else None

    def finish(self, folder: Path, scope: Scope) -> None:
        """See Benchmark.finish. Results on a claim that goes with the run are brought home first."""
        pod = self._pods.pop(folder, None) or self._waiting.pop(folder, None)
        if pod is None:
            return
        self._plain.pop(folder, None)
        claim = pod.manifest.claim
        try:
            pod.close()
            if self._claims.is_extra(claim) and scope.interruption is None:
                self._bring_home(pod, scope)
        finally:
            self._claims.give_back(claim)

    def close(self) -> None:
        """See Benchmark.close. Raises ExperimentFailure for the first that cannot be removed, after the others."""
        failures: list[ExperimentFailure] = []
        pods = [known.pop(folder) for known in (self._pods, self._waiting) for folder in list(known)]
        for step in (*(pod.close for pod in pods), self._claims.finish, self._launcher.close):
            try:
                step()
            except ExperimentFailure as failure:
                failures.append(failure)
        self._parts.watching.close()
        if failures:
            raise failures[0]

    # ---- its own

    def _bring_home(self, pod: JobPod, scope: Scope) -> None:
        """The attempt has its samples: what cannot be brought stays where it is, with its claim, and is told."""
        files = self._parts.folder.benchmark_files(pod.order.experiment, pod.order.attempt)
        try:
            bring_results(self._parts, pod, files, scope)
        except ExperimentFailure as failure:
            self._claims.keep(pod.manifest.claim, failure.message)
        except Interrupted:
            self._claims.keep(pod.manifest.claim, "the run was stopped before")

    def _saw_tools(self, pod: JobPod) -> None:
        loaded = pod.reports.loaded or {}
        found = {"genai-bench": str(loaded.get("genai_bench")), "genai-bench python": str(loaded.get("python", ""))}
        with self._lock:
            if self._versions == found:
                return
            self._versions = found
        self._parts.recorder.record(ToolsFound(versions=found))

    def _tell(self, text: str, code: str, level: str = "info") -> None:
        """Once in a run."""
        with self._lock:
            if code in self._told:
                return
            self._told.add(code)
        self._parts.recorder.record(RunNote(text=text, code=code, level=level))

    def _tell_lost(self, pod: JobPod) -> None:
        image, why = names.image_of(self._parts.where.task), why_by_itself(pod.reports.loaded)
        self._tell(f"the BenchmarkJob runs by itself ({image}: {why}). {LOST}", "plain_benchmark_job", "warning")
