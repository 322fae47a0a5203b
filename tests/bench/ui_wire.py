"""What the run screen sends and costs, counted on a pseudo terminal: of a run that has ended (nothing), and of a live
one through SSH (a tick a second) with 50 log lines and 10 requests a second and 4 pods. Kilobytes are 1,000 bytes."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from recordings import beginning, scored
from tests.bench.ptys import Timed, timed
from tests.bench.table import Figure, arguments, report
from tests.bench.ui_start import OURS, environment, recorded

LOG_LINES, REQUESTS, PODS = 50, 10, 4
SETTLE_SECONDS, SECONDS = 4.0, 20.0


class LiveRun:
    """A folder that a host seems to write: three experiments measured, four under way, many queued."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self.folder = RunFolder(root)
        self._lock = FileLock(self.folder.host_lock, self.folder.run_id)
        self._lock.acquire()
        self._journal = Journal(self.folder.journal)
        self._stop = threading.Event()
        for event in [*beginning(20), *scored(1, 100.0), *scored(2, 120.0), *scored(3, 90.0)]:
            self._journal.record(event)
        for number in range(4, 4 + PODS):
            self._begin(number)
        self._files = self.folder.attempt(4, 1)
        self._files.mkdir(parents=True)
        self._thread = threading.Thread(target=self._write, daemon=True)

    def _begin(self, number: int) -> None:
        where = {"experiment": number, "attempt": 1}
        pod = f"chat-ab12-exp{number}-engine-5f7c9d6b8-x{number}abc"
        events: list[ev.Event] = [
            ev.AttemptStarted(**where, gpu_count=1),
            ev.StageChanged(**where, stage="waiting"),
            ev.WorkloadObserved(**where, kind="pod", name=pod, phase="Running", node=f"gpu-node-{number}"),
            ev.StageChanged(**where, stage="benchmarking"),
            ev.LevelStarted(**where, level=1, scenario="D(100,100)", concurrency=8, max_seconds=600, max_requests=9999),
        ]
        for event in events:
            self._journal.record(event)

    def _write(self) -> None:
        """Requests of about 0.8 s each, and lines as an engine prints them."""
        dice, began, count = random.Random(1), time.monotonic(), 0
        level = {"kind": "level", "level": 1, "scenario": "D(100,100)", "concurrency": 8, "wall": time.time()}
        with (self._files / "samples.jsonl").open("a") as samples, (self._files / "engine.log").open("a") as log:
            samples.write(json.dumps({**level, "mono": began}) + "\n")
            while not self._stop.wait(max(0.0, began + count / LOG_LINES - time.monotonic())):
                count += 1
                log.write(
                    f"[{time.strftime('%H:%M:%S')}] decode batch {count}, running 8, tokens {dice.random():.3f}\n"
                )
                log.flush()
                if count % (LOG_LINES // REQUESTS) == 0:
                    samples.write(json.dumps(_request(dice)) + "\n")
                    samples.flush()

    def __enter__(self) -> LiveRun:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._journal.close()
        self._lock.release()


def _request(dice: random.Random) -> dict[str, object]:
    end, ttft, took = time.monotonic(), dice.uniform(0.1, 0.3), dice.uniform(0.7, 0.9)
    start = end - took
    chunks = [round(start + ttft + (took - ttft) * n / 99, 6) for n in range(100)]
    about = {"kind": "request", "level": 1, "in": 100, "out": 100, "error": None, "message": ""}
    return {**about, "start": start, "first": start + ttft, "end": end, "chunks": chunks}


def idle(screen: Timed) -> float:
    """Bytes that are sent in some seconds in which nothing happens."""
    screen.bytes_within(SETTLE_SECONDS)
    return float(screen.bytes_within(SECONDS / 2))


def main() -> None:
    options = arguments(__doc__ or "", repeats=3)
    taken: dict[str, list[float]] = {"ended run": [], "live run": [], "live run's CPU": []}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ended = recorded(folder / "ended", 20)
        over_ssh = {**environment(folder), "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
        for turn in range(options.repeats):
            with timed([*OURS, "attach", str(ended.root)], environment(folder)) as screen:
                screen.until("completed")
                taken["ended run"].append(idle(screen))
            run = LiveRun(folder / f"live{turn}" / "results" / "chat" / "ab12")
            with run, timed([*OURS, "attach", str(run.folder.root)], over_ssh) as screen:
                screen.until("running")
                screen.bytes_within(SETTLE_SECONDS)
                before = screen.cpu_seconds()
                taken["live run"].append(screen.bytes_within(SECONDS) / SECONDS / 1000)
                taken["live run's CPU"].append(100 * (screen.cpu_seconds() - before) / SECONDS)
    figures = [
        Figure.of("ended run, 10 s", "bytes", taken["ended run"], "0"),
        Figure.of("live run at 1 Hz", "kB/s", taken["live run"], "under 5"),
        Figure.of("live run's CPU", "%", taken["live run's CPU"], "under 10 of one core"),
    ]
    report("On the wire (160x45)", figures, options.json)


if __name__ == "__main__":
    sys.exit(main())
