"""RunState: the one fold over a run's events. Every screen, the results file and a resumed run read this and nothing
else; nobody keeps a second account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from autotuner_core.failures import FailureCause, FailureGroup
from autotuner_core.run import events as ev
from autotuner_core.run.experiment_state import CLUSTER_EVENTS_KEPT, AttemptState, ExperimentState, LevelState
from autotuner_core.run.lean import Lean, lean
from autotuner_core.run.touched import Touched

# Lost access says nothing of the experiment: it waits until the access is cured.
ACCESS_CAUSES = frozenset(cause.value for cause in FailureCause if cause.group is FailureGroup.ACCESS)
PAUSE_IS_COMPLETE = "pause_is_complete"
"""The code of the note that a paused run makes once nothing is under way any more."""
SKIPPED_UNDER_WAY = "skipped while it was under way"
BENCHMARK_JOB = "benchmark_job"
STATUS_OF_OUTCOME = {"scored": "success", "failed": "failed", "skipped": "skipped", "pruned": "pruned"}


class RunState:
    """Everything known of a run. Built by `apply`, event by event, in journal order; the same events give the same
    state, whoever folds them and in however many pieces."""

    def __init__(self) -> None:
        self.run_id = ""
        self.task: Mapping[str, Any] = {}
        self.plan: Mapping[str, Any] = {}
        self.versions: Mapping[str, Any] = {}
        self.machine: Mapping[str, Any] = {}
        self.placement: Mapping[str, Any] = {}
        self.started_at: float | None = None
        self.ended_at: float | None = None
        self.end: ev.RunEnded | None = None
        self.host: ev.HostStarted | None = None
        self.hosts = 0
        self.paused: ev.Paused | None = None
        self.stopping: ev.StopAsked | None = None
        self.notes: list[ev.RunNote] = []
        self.commands: dict[str, ev.CommandHandled] = {}
        self.experiments: dict[int, ExperimentState] = {}
        self.touched: Touched[int] = Touched()  # experiments of which an event has told
        self.resources: dict[tuple[str, str], ev.ResourceIntended | ev.ResourceCreated] = {}
        self.unknown: list[ev.UnknownEvent] = []
        self.last_seq = 0
        self.taken_in_hand = 0  # seq of the last HostStarted, Paused or Resumed
        self.last_ts = 0.0
        self._host_since: float | None = None
        self._elapsed_before = 0.0
        self._interrupted_status: dict[int, str] = {}

    @classmethod
    def of(cls, events: Iterable[ev.Event]) -> RunState:
        """The state after these events."""
        state = cls()
        for event in events:
            state.apply(event)
        return state

    def apply(self, event: ev.Event) -> None:
        """Take one more event. What it says about an experiment or attempt never seen is passed over."""
        if isinstance(event, ev.HostStarted) and event.resumed:
            self._close_dead_time(event.ts)
        self.last_seq = max(self.last_seq, event.seq)
        self.last_ts = max(self.last_ts, event.ts)
        if (handler := _HANDLERS.get(type(event))) is not None:
            handler(self, event)
        elif isinstance(event, ev.UnknownEvent):
            self.unknown.append(event)
        self._touch(event)

    def _touch(self, event: ev.Event) -> None:
        if isinstance(event, (ev.RunStarted, ev.HostStarted)):
            self.touched.touch(self.experiments)
        elif (experiment := getattr(event, "experiment", None)) in self.experiments:
            self.touched.touch((experiment,))

    def _close_dead_time(self, now: float) -> None:
        """The last host's time ended with its last event: what was under way then held nothing any more."""
        self._elapsed_before, self._host_since = self.elapsed(), now
        for experiment in self.experiments.values():
            for attempt in experiment.attempts:
                if attempt.ended is None and attempt.ended_at is None:
                    attempt.ended_at = self.last_ts

    def elapsed(self, now: float | None = None) -> float:
        """Seconds that a host had the run in hand: the time between a host's end and a resume does not count."""
        if self._host_since is None:
            return 0.0
        until = self.ended_at or max(now or 0.0, self.last_ts)
        return self._elapsed_before + max(0.0, until - self._host_since)

    @property
    def queue(self) -> list[ExperimentState]:
        """Experiments that wait for their turn, in order."""
        return sorted((e for e in self.experiments.values() if e.status == "queued"), key=lambda e: e.turn)

    @property
    def running(self) -> list[ExperimentState]:
        return [e for e in self.experiments.values() if e.status == "running"]

    def counts(self) -> dict[str, int]:
        """How many experiments are in each status; statuses that nobody has are 0."""
        counts = dict.fromkeys(("queued", "running", "success", "failed", "skipped", "pruned"), 0)
        for experiment in self.experiments.values():
            counts[experiment.status] += 1
        return counts

    def gpu_seconds(self, now: float | None = None) -> float:
        """GPU-seconds of all attempts: GPUs held, times how long they were held."""
        until = self.ended_at or max(now or 0.0, self.last_ts)
        return sum(a.gpu_seconds(until) for e in self.experiments.values() for a in e.attempts)

    @property
    def pause_is_complete(self) -> ev.RunNote | None:
        """What the run noted in this pause once nothing was under way any more: which server is left."""
        if self.paused is None:
            return None
        notes = (note for note in self.notes if note.code == PAUSE_IS_COMPLETE and note.seq > self.paused.seq)
        return next(notes, None)

    @property
    def planned_levels(self) -> int:
        """How many levels an experiment measures, warm-up apart; 0 where the plan does not say."""
        return sum(1 for level in self.plan.get("levels", ()) if level.get("index", 1) > 0)

    @property
    def load(self) -> str:
        """Where the load comes from: `benchmark_job` (from inside the cluster) or `direct` (from this machine)."""
        in_cluster = self.task.get("backend", "ome") == "ome" and not self.placement.get("direct")
        return BENCHMARK_JOB if in_cluster else "direct"

    # ---- run

    def _run_started(self, event: ev.RunStarted) -> None:
        self.run_id, self.task, self.plan = event.run_id, event.task, event.plan
        self.versions, self.machine, self.started_at = event.versions, event.machine, event.ts
        self.placement, self._host_since = event.placement, event.ts

    def _host_started(self, event: ev.HostStarted) -> None:
        """A new host: what the last one had under way died with it."""
        self.host, self.hosts, self.taken_in_hand = event, self.hosts + 1, event.seq
        self.end, self.ended_at, self.paused, self.stopping = None, None, None, None
        for experiment in self.running:
            if experiment.latest is not None and experiment.latest.skip_asked:
                experiment.skip(SKIPPED_UNDER_WAY)
            else:
                experiment.status = self._status_before(experiment)

    def _tools_found(self, event: ev.ToolsFound) -> None:
        self.versions = {**self.versions, **event.versions}

    def _paused(self, event: ev.Paused) -> None:
        self.paused, self.taken_in_hand = event, event.seq

    def _resumed(self, event: ev.Resumed) -> None:
        self.paused, self.taken_in_hand = None, event.seq

    def _stop_asked(self, event: ev.StopAsked) -> None:
        """Who asked first is told, until somebody asks for more."""
        if self.stopping is None or (event.now and not self.stopping.now):
            self.stopping = event

    def _command_handled(self, event: ev.CommandHandled) -> None:
        self.commands[event.command_id] = event

    def _note(self, event: ev.RunNote) -> None:
        self.notes.append(event)

    def _ended(self, event: ev.RunEnded) -> None:
        self.end, self.ended_at = event, event.ts

    # ---- experiments and attempts

    def _queued(self, event: ev.ExperimentQueued) -> None:
        """A new experiment, or one that is to be measured once more: its older attempts stay."""
        known = self.experiments.get(event.experiment)
        if known is None:
            known = self.experiments[event.experiment] = ExperimentState(event.experiment, event.parameters, event.why)
        known.queue_again(event.seq, first=event.first)

    def _skipped(self, event: ev.Skipped) -> None:
        if (experiment := self.experiments.get(event.experiment)) is not None:
            experiment.skip(event.reason)

    def _skip_asked(self, event: ev.SkipAsked) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is not None:
            attempt.skip_asked = True

    def _attempt_started(self, event: ev.AttemptStarted) -> None:
        if (experiment := self.experiments.get(event.experiment)) is None:
            return
        self._interrupted_status[experiment.id] = experiment.status
        experiment.status = "running"
        experiment.attempts.append(AttemptState(event.attempt, event.purpose, event.ts, gpu_count=event.gpu_count))

    def _attempt_adopted(self, event: ev.AttemptAdopted) -> None:
        """Its server outlived the host, and held its GPUs all the time."""
        experiment, attempt = self._attempt_of(event.experiment, event.attempt)
        if experiment is not None and attempt is not None:
            self._interrupted_status[experiment.id] = experiment.status
            experiment.status, attempt.ended_at = "running", None

    def _attempt_ended(self, event: ev.AttemptEnded) -> None:
        experiment, attempt = self._attempt_of(event.experiment, event.attempt)
        if experiment is None or attempt is None:
            return
        attempt.end(replace(event, metrics=_metrics_of(event, attempt)))
        status_before = self._status_before(experiment)
        if event.outcome == "skipped" or (attempt.skip_asked and event.outcome != "scored"):
            experiment.skip(SKIPPED_UNDER_WAY)
        elif event.will_retry or event.outcome == "interrupted" or event.cause in ACCESS_CAUSES:
            experiment.status = status_before
        else:
            experiment.status = STATUS_OF_OUTCOME.get(event.outcome, "failed")

    def _stage_changed(self, event: ev.StageChanged) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is not None:
            attempt.stage, attempt.stage_detail = event.stage, event.detail
            attempt.stages.append((event.stage, event.ts))
            if event.stage == "waiting":
                attempt.held_since, attempt.gpus = event.ts, event.gpus

    def _attempt_of(self, experiment: int, attempt: int) -> tuple[ExperimentState | None, AttemptState | None]:
        found = self.experiments.get(experiment)
        return found, found.attempt(attempt) if found else None

    def _status_before(self, experiment: ExperimentState) -> str:
        """An attempt that came to nothing leaves the experiment as it was: queued, or with its older result."""
        return self._interrupted_status.pop(experiment.id, "queued")

    # ---- outside things, watched ones, levels

    def _resource_made(self, event: ev.ResourceIntended | ev.ResourceCreated) -> None:
        self.resources[event.kind, event.name] = event

    def _resource_removed(self, event: ev.ResourceRemoved) -> None:
        self.resources.pop((event.kind, event.name), None)

    def _workload(self, event: ev.WorkloadObserved) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is not None and attempt.ended is None:
            attempt.observe(event)

    def _hardware(self, event: ev.HardwareSeen) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is not None:
            attempt.hardware = event

    def _cluster_event(self, event: ev.ClusterEventSeen) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is not None and attempt.outcome in (None, "failed"):
            attempt.cluster_events.append(event)
            del attempt.cluster_events[:-CLUSTER_EVENTS_KEPT]

    def _level(self, event: ev.LevelStarted | ev.LevelEnded | ev.LevelSkipped) -> None:
        _, attempt = self._attempt_of(event.experiment, event.attempt)
        if attempt is None:
            return
        if isinstance(event, ev.LevelStarted):
            attempt.levels[event.level] = LevelState(event.level, started=event)
        elif isinstance(event, ev.LevelEnded):
            attempt.level(event.level).ended = replace(event, figures=lean(event.figures), engine=lean(event.engine))
        else:
            attempt.level(event.level).skipped = event


def _metrics_of(event: ev.AttemptEnded, attempt: AttemptState) -> ev.Json | None:
    """What decided the score: of one level, its very figures, which are not kept twice."""
    if event.metrics is None:
        return None
    measured = [level.ended for level in attempt.levels.values() if level.level > 0 and level.ended is not None]
    for level in measured:
        if len(measured) == 1 or level.level == event.deciding_level:
            kept = level.figures
            return (kept.picked(event.metrics) if isinstance(kept, Lean) else None) or lean(event.metrics)
    return lean(event.metrics)


_HANDLERS: Mapping[type[ev.Event], Callable[[RunState, Any], None]] = {
    ev.RunStarted: RunState._run_started,
    ev.HostStarted: RunState._host_started,
    ev.ToolsFound: RunState._tools_found,
    ev.Paused: RunState._paused,
    ev.Resumed: RunState._resumed,
    ev.StopAsked: RunState._stop_asked,
    ev.CommandHandled: RunState._command_handled,
    ev.RunNote: RunState._note,
    ev.RunEnded: RunState._ended,
    ev.ExperimentQueued: RunState._queued,
    ev.SkipAsked: RunState._skip_asked,
    ev.Skipped: RunState._skipped,
    ev.AttemptStarted: RunState._attempt_started,
    ev.AttemptAdopted: RunState._attempt_adopted,
    ev.AttemptEnded: RunState._attempt_ended,
    ev.StageChanged: RunState._stage_changed,
    ev.ResourceIntended: RunState._resource_made,
    ev.ResourceCreated: RunState._resource_made,
    ev.ResourceRemoved: RunState._resource_removed,
    ev.WorkloadObserved: RunState._workload,
    ev.HardwareSeen: RunState._hardware,
    ev.ClusterEventSeen: RunState._cluster_event,
    ev.LevelStarted: RunState._level,
    ev.LevelEnded: RunState._level,
    ev.LevelSkipped: RunState._level,
}
