"""The results file: results/{task_name}_results.json.

The file
- `task_name`, `description`, `run_id`, `version` (of this format)
- `total_experiments`, `successful_experiments` (scored, whether they meet the SLO or not), `failed_experiments`,
  `skipped_experiments`, `pruned_experiments`, `unfinished_experiments`; `feasible_experiments` meet the SLO
- `elapsed_time`: seconds that the run was in hand; `gpu_hours`; `started_at`, `ended_at` (seconds since the epoch);
  `end`: {reason, message, signal}, null while it goes on
- `objective`: {metric, unit, direction, levels, word}; `slo`: upper limits by metric
- `best_result`: the best result that meets the SLO, or null; `closest`: where there is none, the one that misses it
  least, or null; `baseline_result`: that of the baseline, or null
- `all_results`: every experiment that has come to an end, by its id
- `load`: where it came from: `benchmark_job` (from inside the cluster) or `direct` (from this machine), whose figures
  are not to be compared
- `seeds`: {order, levels}; `cache`; `versions` of the tuner and its tools; `machine`; `notes`: [{level, text, ...}]

A result
- `experiment_id`, `parameters` (the varied ones), `status`: success, failed, skipped or pruned
- `objective_score`: in the objective's unit, null without one; `half_width`: half its 95 % confidence interval within
  the measurement, null where unknown; `metrics`: the figures of the deciding level, or their mean over all levels
- `basis` of the figures: `window` (the asked concurrency was held) or `level` (whole levels; not compared with others)
- `rank` (1 is the best; null without a score), `tied_with_best`; `feasible`, `miss` (sum over the limits of the
  relative excess; 0 when met), `binding_limit`, `deciding_level`
- `cause`, `message`, `cure`, `evidence` of a failure or a skip
- `why` it was run (grid, search, baseline, by_hand), `gpu_count`, `attempt` that counts
- `levels`: [{level, scenario, concurrency, verdict, why, ended_by, notes, figures, engine}]; verdict `skipped` for one
  not run; `engine`: what the engine counted of itself (benchmark/metrics_figures.py), empty where it tells nothing
- `attempts`: [{attempt, purpose, outcome, cause, message, score, started_at, seconds, gpu_count}]

Numbers are finite: what has no value is null or absent, never NaN or Infinity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from autotuner_core.report.ranker import ranking_of
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result
from autotuner_core.report.result_record import ResultRecords, result_record

if TYPE_CHECKING:
    from autotuner_core.run.run_state import RunState

RESULTS_VERSION = 1


def results_document(state: RunState) -> dict[str, Any]:
    """The results of the run as it stands (keys: see the module). Raises ValueError where it has no task yet."""
    document: dict[str, Any] = finite(results_draft(state))
    return document


def results_draft(state: RunState) -> dict[str, Any]:
    """`results_document` before its numbers are seen to be `finite`, and the quick part of it: what a host makes while
    nobody may change the state: single results are made when they are written, and the rest holds on to nothing that
    changes. Raises ValueError where there is no task yet."""
    ranking = ranking_of(state)
    return {
        "task_name": state.task.get("task_name", ""),
        "description": state.task.get("description", ""),
        "run_id": state.run_id,
        "version": RESULTS_VERSION,
        **_counts(state, ranking),
        "elapsed_time": state.elapsed(),
        "gpu_hours": state.gpu_seconds() / 3600,
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "end": _end(state),
        "objective": {**asdict(ranking.objective), "unit": ranking.objective.unit},
        "slo": ranking.slo,
        "best_result": _of(ranking, ranking.best),
        "closest": _of(ranking, ranking.closest),
        "baseline_result": _of(ranking, ranking.baseline),
        "all_results": ResultRecords(ranking),
        "load": state.load,
        "seeds": _seeds(state),
        "cache": state.task.get("benchmark", {}).get("cache", "cold"),
        "versions": state.versions,
        "machine": state.machine,
        "notes": [_note(note.to_record()) for note in state.notes],
    }


def _counts(state: RunState, ranking: Ranking) -> dict[str, int]:
    statuses = [result.status for result in ranking.results]
    return {
        "total_experiments": len(state.experiments),
        "successful_experiments": statuses.count("success"),
        "feasible_experiments": sum(bool(result.feasible) for result in ranking.results),
        "failed_experiments": statuses.count("failed"),
        "skipped_experiments": statuses.count("skipped"),
        "pruned_experiments": statuses.count("pruned"),
        "unfinished_experiments": len(state.experiments) - len(statuses),
    }


def _end(state: RunState) -> dict[str, Any] | None:
    end = state.end
    return None if end is None else {"reason": end.reason, "message": end.message, "signal": end.signal}


def _of(ranking: Ranking, result: Result | None) -> dict[str, Any] | None:
    return None if result is None else result_record(result, ranking)


def _seeds(state: RunState) -> dict[str, Any]:
    keys = ("index", "scenario", "concurrency", "seed")
    return {
        "order": state.task.get("optimization", {}).get("seed"),
        "levels": [{key: level.get(key) for key in keys} for level in state.plan.get("levels", ())],
    }


def _note(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in ("ts", "level", "code", "text", "experiment") if record.get(key)}


def finite(value: Any) -> Any:
    """The same with NaN and Infinity as null: a record of another version, or edited by hand, must not spoil it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, ResultRecords)):
        return [finite(item) for item in value]
    return value
