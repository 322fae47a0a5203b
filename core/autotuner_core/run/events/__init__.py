"""Everything that happens in a run, as frozen events. What a screen shows, what the results file says and where a
resumed run goes on are folds over these (`run_state.py`); the journal (`journal.py`) keeps them in order."""

from autotuner_core.run.events.base import JOURNAL_VERSION, Event, Json, UnknownEvent
from autotuner_core.run.events.of_experiments import (
    AttemptAdopted,
    AttemptEnded,
    AttemptStarted,
    ExperimentQueued,
    SkipAsked,
    Skipped,
    StageChanged,
)
from autotuner_core.run.events.of_levels import LevelEnded, LevelSkipped, LevelStarted
from autotuner_core.run.events.of_resources import ResourceCreated, ResourceIntended, ResourceRemoved
from autotuner_core.run.events.of_run import (
    CommandHandled,
    HostStarted,
    Paused,
    Resumed,
    RunEnded,
    RunNote,
    RunStarted,
    StopAsked,
    ToolsFound,
)
from autotuner_core.run.events.of_workloads import ClusterEventSeen, HardwareSeen, WorkloadObserved
from autotuner_core.run.events.records import EVENT_TYPES, event_from_record

__all__ = [
    "EVENT_TYPES",
    "JOURNAL_VERSION",
    "AttemptAdopted",
    "AttemptEnded",
    "AttemptStarted",
    "ClusterEventSeen",
    "CommandHandled",
    "Event",
    "ExperimentQueued",
    "HardwareSeen",
    "HostStarted",
    "Json",
    "LevelEnded",
    "LevelSkipped",
    "LevelStarted",
    "Paused",
    "ResourceCreated",
    "ResourceIntended",
    "ResourceRemoved",
    "Resumed",
    "RunEnded",
    "RunNote",
    "RunStarted",
    "SkipAsked",
    "Skipped",
    "StageChanged",
    "StopAsked",
    "ToolsFound",
    "UnknownEvent",
    "WorkloadObserved",
    "event_from_record",
]
