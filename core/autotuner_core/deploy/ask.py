"""Short questions to programs (`--help`, `nvidia-smi -L`) that a stop of the run cuts short: a driver that hangs must
not hold up a person."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.failures import ExperimentFailure

log = logging.getLogger(__name__)

_LOOK_AGAIN = 0.02  # seconds


@dataclass(frozen=True)
class Answer:
    """What a program printed, on both streams, and its exit code."""

    exit_code: int
    text: str


def ask(argv: Sequence[str], env: Mapping[str, str], seconds: float, wait: Callable[[float], None]) -> Answer:
    """Run a program to its end. All waiting is by `wait`, which may raise to give up: the program is ended then.

    Raises TimeoutError after `seconds`, and OSError where it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="autotuner-") as folder:
        said = Path(folder) / "said"
        group = start_group(argv, env=env, log=said, token=f"question-{uuid.uuid4().hex}")
        try:
            deadline = time.monotonic() + seconds
            while not group.wait(0):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{argv[0]} did not answer in {seconds:g} s")
                wait(_LOOK_AGAIN)
        except BaseException:
            # What hangs in the kernel takes its time to die, or never does: nobody waits for that.
            threading.Thread(target=_end, args=(group,), name="ask", daemon=True).start()
            raise
        _end(group)
        return Answer(group.exit_code or 0, said.read_text(encoding="utf-8", errors="replace"))


def _end(group: ProcessGroup) -> None:
    try:
        group.stop(now=True)
    except ExperimentFailure as left:
        log.warning("%s", left.message)
