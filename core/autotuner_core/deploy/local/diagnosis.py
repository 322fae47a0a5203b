"""Why an engine does not run any more, from its exit code, its log and what the kernel counted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autotuner_core.deploy.engine_log import describe_exit, last_lines, signal_of, told_by
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.room import lack_of_room

TAIL_BYTES = 65536

_FROM_OUTSIDE = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
_SIGNAL_CURES = {
    "SIGILL": "The engine was built for another processor (AVX2 or AVX-512, say): install a build for this one.",
    "SIGSEGV": "A fault of the engine: leave the configuration out, or try another version of it.",
    "SIGBUS": "Often a full /dev/shm, or a model file that was cut while it was read.",
    "SIGKILL": "Something ended it from outside: a person, a job scheduler, or a memory limit that leaves no trace.",
}


def diagnose(exit_code: int, log: Path, *, was_ready: bool, oom_killed: bool) -> ExperimentFailure:
    """The failure of an engine that ended by itself. `exit_code` is minus the signal's number where a signal ended it;
    `oom_killed` says that the kernel killed processes for lack of memory meanwhile."""
    tail = log_tail(log)
    how = describe_exit(exit_code)
    when = "while it was under load" if was_ready else "before it was ready"
    ended = f"the engine ended {when}: {how}"
    evidence = (how, *last_lines(tail))
    number = signal_of(exit_code)
    if oom_killed and number == "SIGKILL":
        return _killed_for_memory(ended, evidence)
    if told := told_by(tail, was_ready=was_ready):
        lines = (how, told.line, *(other for other in evidence[1:] if other != told.line))
        rule = told.rule
        return ExperimentFailure(rule.cause, told.message, evidence=lines, cure=rule.cure, retry=rule.retry)
    if oom_killed:
        return _killed_for_memory(ended, evidence)
    if number in _FROM_OUTSIDE:
        return ExperimentFailure(FailureCause.INTERRUPTED, f"{ended}, sent from outside", evidence=evidence)
    cure = _SIGNAL_CURES.get(number or "", "Its log says more: engine.log in the attempt's folder.")
    return ExperimentFailure(FailureCause.CRASH, ended, evidence=evidence, cure=cure)


def no_room(exit_code: int, folder: Path) -> ExperimentFailure | None:
    """The failure of an engine that ended while its output could not be kept in `folder`: nothing to hold against its
    configuration. None where there is room."""
    lack = lack_of_room(folder)
    if lack is None:
        return None
    return ExperimentFailure(
        FailureCause.STORAGE_FULL,
        f"the engine ended ({describe_exit(exit_code)}) while nothing could be written ({lack})",
        cure="Make room there, or choose another place with --results-dir.",
    )


def not_ready_in_time(seconds: float, log: Path, last_answer: str) -> ExperimentFailure:
    """The failure of an engine that runs, but did not answer within `seconds`."""
    cure = "Raise optimization.timeout_per_iteration, if the engine needs longer to load the model."
    if "HTTP 4" in last_answer:
        cure = "The engine answers, but not at this path: set local.health_path to one that answers 200."
    return ExperimentFailure(
        FailureCause.NOT_READY_IN_TIME,
        f"the engine was not ready within {seconds:g} s ({last_answer})",
        evidence=(last_answer, *last_lines(log_tail(log))),
        cure=cure,
    )


def log_tail(log: Path) -> str:
    """The last 64 KiB of a log; empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def oom_kills() -> int:
    """How many processes the kernel has killed for lack of memory so far: on this machine, and in our control group.
    0 where it does not tell."""
    paths = [Path("/proc/vmstat")]
    try:
        group = Path("/proc/self/cgroup").read_text(encoding="utf-8").rsplit("::", 1)[-1].strip()
        paths += [Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.events", Path("/sys/fs/cgroup/memory.events")]
    except OSError:
        pass  # no control groups
    return sum(_counter(path, "oom_kill") for path in paths)


def _counter(path: Path, name: str) -> int:
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    except (OSError, ValueError):
        return 0
    return 0


def _killed_for_memory(ended: str, evidence: Sequence[str]) -> ExperimentFailure:
    return ExperimentFailure(
        FailureCause.OUT_OF_MEMORY,
        f"{ended}; the kernel killed it for lack of memory",
        evidence=(*evidence, "the kernel's count of processes killed for lack of memory went up"),
        cure="Lower what the configuration keeps in memory, or raise the memory limit of this session or container.",
    )
