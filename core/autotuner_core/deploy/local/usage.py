"""What an engine uses, written each second: CPU, memory and GPU memory of its processes."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

EVERY = 1.0
GPU_EVERY = 5  # ticks; asking nvidia-smi takes some of the CPU that is being measured


class UsageRecorder:
    """A thread that appends one line a second to `usage.jsonl`: `ts` (seconds since the epoch), `mono` (monotonic
    seconds), `cpu` (1.0 is one core, all its time), `rss` (bytes), and where it is known `gpu_memory` (bytes)."""

    def __init__(self, path: Path, pids: Callable[[], Iterable[int]], with_gpus: bool) -> None:
        self._path = path
        self._pids = pids
        self._nvidia_smi = shutil.which("nvidia-smi") if with_gpus else None
        self._stopped = threading.Event()
        self._busy: dict[int, float] = {}
        self._gpu_memory: int | None = None
        threading.Thread(target=self._run, name="usage", daemon=True).start()

    def stop(self) -> None:
        """Write no more. Does not wait."""
        self._stopped.set()

    def _run(self) -> None:
        before, tick = time.monotonic(), 0
        try:
            with self._path.open("a", encoding="utf-8") as file:
                self._seconds_since_last(set(self._pids()))
                while not self._stopped.wait(EVERY):
                    now = time.monotonic()
                    file.write(json.dumps(self._line(now, now - before, tick)) + "\n")
                    file.flush()
                    before, tick = now, tick + 1
        except OSError as error:  # a full disk: the run itself will tell; the measurement does not need this
            log.warning("usage is not recorded any more: %s", error)

    def _line(self, now: float, seconds: float, tick: int) -> dict[str, float | int]:
        pids = set(self._pids())
        busy, rss = self._seconds_since_last(pids)
        line: dict[str, float | int] = {
            "ts": round(time.time(), 3), "mono": round(now, 3), "cpu": round(busy / seconds, 3), "rss": rss,
        }  # fmt: skip
        if self._nvidia_smi and tick % GPU_EVERY == 0:
            self._gpu_memory = _gpu_memory(self._nvidia_smi, pids)
        if self._gpu_memory is not None:
            line["gpu_memory"] = self._gpu_memory
        return line

    def _seconds_since_last(self, pids: Iterable[int]) -> tuple[float, int]:
        busy, rss, seen = 0.0, 0, {}
        for pid in pids:
            try:
                process = psutil.Process(pid)
                times = process.cpu_times()
                seen[pid] = times.user + times.system
                rss += process.memory_info().rss
            except psutil.Error:
                continue
            busy += seen[pid] - self._busy.get(pid, 0.0)
        self._busy = seen
        return busy, rss


def _gpu_memory(nvidia_smi: str, pids: set[int]) -> int | None:
    command = [nvidia_smi, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    if said.returncode != 0:
        return None
    rows = [line.split(",") for line in said.stdout.splitlines() if line.count(",") == 1]
    return sum(
        int(used) << 20 for pid, used in rows if pid.strip().isdigit() and int(pid) in pids and used.strip().isdigit()
    )
