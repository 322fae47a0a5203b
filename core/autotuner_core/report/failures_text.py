"""What went wrong, in lines: failures by cause with their cure, what was skipped, why the run ended, warnings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from autotuner_core.report import format as fmt
from autotuner_core.report.evidence import log_of, telling_lines
from autotuner_core.report.ranking import Ranking
from autotuner_core.report.result import Result
from autotuner_core.scoring.verdict import Verdict

if TYPE_CHECKING:
    from autotuner_core.run.events import AttemptEnded
    from autotuner_core.run.run_state import RunState

SHOWN_EXPERIMENTS = 12


def failure_blocks(state: RunState, ranking: Ranking) -> list[list[str]]:
    """Blocks of lines, the empty ones left out."""
    blocks = [_failures(state, ranking), _not_compared(ranking), _not_run(ranking), _end(state), _warnings(state)]
    return [block for block in blocks if block]


def _failures(state: RunState, ranking: Ranking) -> list[str]:
    """One entry for all experiments that failed in the same way."""
    alike: dict[tuple[str, str, str], list[tuple[Result, AttemptEnded]]] = {}
    for result in ranking.results:
        if result.status == "failed" and result.attempt and result.attempt.ended:
            ended = result.attempt.ended
            alike.setdefault((ended.cause or "unknown", ended.message, ended.cure), []).append((result, ended))
    if not alike:
        return []
    lines = ["Failed:"]
    for (cause, message, cure), failed in alike.items():
        results, (first, ended) = [result for result, _ in failed], failed[0]
        lines.append(f"  {_experiments(results)} {cause}: {fmt.one_line(message)}")
        if len(results) == 1:
            lines.append(f"    with {fmt.parameters(first.experiment.parameters)}")
        lines += [f"    | {line}" for line in telling_lines(ended)]
        if where := log_of(state, ended):
            lines.append(f"    log: {where}")
        if cure:
            lines.append(f"    cure: {fmt.one_line(cure)}")
    return lines


def _not_compared(ranking: Ranking) -> list[str]:
    """Levels of scored experiments that were not sound: their score comes from the other levels."""
    alike: dict[str, list[Result]] = {}
    for result in ranking.results:
        if result.status == "success" and result.attempt:
            for level in result.attempt.levels.values():
                if level.ended and level.ended.purpose == "measure" and not Verdict(level.ended.verdict).comparable:
                    where = f"{level.ended.scenario} x{level.ended.concurrency} {level.ended.verdict}"
                    alike.setdefault(where, []).append(result)
    if not alike:
        return []
    lines = [f"  {where}: {_experiments(results)}" for where, results in alike.items()]
    return ["Levels that were not sound, and did not count:", *lines]


def _not_run(ranking: Ranking) -> list[str]:
    lines = []
    for status in ("skipped", "pruned"):
        alike: dict[str, list[Result]] = {}
        for result in ranking.results:
            if result.status == status:
                alike.setdefault(_reason(result), []).append(result)
        for reason, results in alike.items():
            because = f": {fmt.one_line(reason)}" if reason else ""
            lines.append(f"{status.capitalize()}: {_experiments(results)}{because}")
    return lines


def _reason(result: Result) -> str:
    ended = result.attempt.ended if result.attempt else None
    return result.experiment.skip_reason or (ended.message if ended else "")


def _experiments(results: Iterable[Result]) -> str:
    numbers = [str(result.id) for result in results]
    more = f" and {len(numbers) - SHOWN_EXPERIMENTS} more" if len(numbers) > SHOWN_EXPERIMENTS else ""
    return f"exp {', '.join(numbers[:SHOWN_EXPERIMENTS])}{more}"


def _end(state: RunState) -> list[str]:
    if state.end is None:
        return ["The run has not ended."] if state.paused is None else [f"The run is paused: {state.paused.reason}"]
    if state.end.reason == "completed":
        return []
    message = fmt.one_line(state.end.message)
    because = message and (f" {message}" if message.startswith("by ") else f": {message}")
    reasons = {
        "stopped": "The run was stopped",
        "surroundings": "The run was ended by its surroundings",
        "access": "The run lost its access",
        "budget": "The run reached a limit that was set for it",
        "failed": "The run broke",
    }
    return [reasons.get(state.end.reason, f"The run ended ({state.end.reason})") + because]


def _warnings(state: RunState) -> list[str]:
    texts = dict.fromkeys(fmt.one_line(note.text) for note in state.notes if note.level == "warning")
    return [f"Warning: {text}" for text in texts]
