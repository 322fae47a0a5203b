"""100,000 lines that come at once into a log that is followed on the screen: when its end is shown, and how long keys
wait meanwhile, against the same keys while nothing comes. Then a text is looked for in all of them."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from pathlib import Path

from autotuner_core.run.folder import RunFolder
from tests.bench.ptys import Timed, timed
from tests.bench.table import Figure, arguments, report
from tests.bench.ui_start import OURS, environment, recorded

LINES, RARE = 100_000, 100
QUIET_SECONDS, AFTER_SECONDS = 2.0, 1.0
ADDRESS = re.compile(rb"\x1b\[\d+;\d+H")


def burst() -> bytes:
    """The lines, one in RARE with a word to look for, then one that is like none before."""
    words = ("slot launch_slot_: id 0 | processing task", "srv update: all slots are idle", "out of memory, retrying")
    rare = [words[2] if n % RARE == 0 else words[n % 2] for n in range(LINES - 1)]
    return "\n".join([*(f"0.{n // 1000:02d}.{n % 1000:03d}.000 I {w}" for n, w in enumerate(rare)), "=END="]).encode()


class Keys:
    """Marks the one row of the table and takes the mark away, as fast as the program follows."""

    def __init__(self, program: Timed) -> None:
        self._program = program
        program.bytes_within(1.0)
        before = len(program.received)
        program.press(" ")
        program.bytes_within(1.0)
        found = ADDRESS.search(program.received, before)
        if found is None:
            raise RuntimeError("a mark sends nothing")
        self._sign = found[0]
        """Where the mark stands: what is sent for it alone begins there."""

    def gaps(self, goes_on: threading.Event, seconds: float) -> list[float]:
        """Seconds between keys that were followed, until the event is set and that time over."""
        gaps, last, end = [], time.perf_counter(), 0.0
        while not end or time.perf_counter() < end:
            if not end and not goes_on.is_set():
                end = time.perf_counter() + seconds
            start = len(self._program.received)
            self._program.press(" ")
            while self._sign not in self._program.received[start:]:
                self._program.read(1.0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now
        return gaps


def arrival(keys: Keys, program: Timed, log: Path, at_once: bool) -> tuple[float, list[float]]:
    """How long after the first byte of the lines their end is shown, and the gaps between keys meanwhile."""
    lines, goes_on, start = burst(), threading.Event(), len(program.received)
    goes_on.set()
    shown: list[float] = []

    def write() -> None:
        began = time.perf_counter()
        with log.open("ab", buffering=0) as file:
            size = len(lines) if at_once else 16 * 1024
            for at in range(0, len(lines), size):
                file.write(lines[at : at + size])
        while b"=END=" not in program.received[start:]:
            time.sleep(0.002)
        shown.append(time.perf_counter() - began)
        goes_on.clear()

    writer = threading.Thread(target=write)
    writer.start()
    gaps = keys.gaps(goes_on, AFTER_SECONDS)
    writer.join()
    return shown[0], gaps


def search(program: Timed) -> float:
    """How long until all lines that have a word are counted."""
    for keys in ("4", "/", "memory"):
        program.press(keys)
        program.bytes_within(0.5)
    start, began = len(program.received), time.perf_counter()
    program.press("\r")
    counted = f"{LINES // RARE:,}".encode()
    while counted not in program.received[start:]:
        program.read(1.0)
        if time.perf_counter() - began > 30:
            raise TimeoutError(bytes(program.received[start:])[-2000:])
    return time.perf_counter() - began


def followed_log(folder: Path) -> tuple[RunFolder, Path]:
    """A run of one experiment, and its engine's log."""
    run = recorded(folder, 1)
    log = run.attempt(1, 1) / "engine.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"loading {n}\n" for n in range(1000)))
    return run, log


def main() -> None:
    options = arguments(__doc__ or "", repeats=5)
    shown: dict[str, list[float]] = {}
    longest: dict[str, list[float]] = {}
    for _ in range(options.repeats):
        for way in ("at once", "in pieces"):
            with tempfile.TemporaryDirectory() as place:
                run, log = followed_log(Path(place))
                with timed([*OURS, "attach", str(run.root)], environment(Path(place))) as program:
                    program.until("completed", "loading 999")
                    keys = Keys(program)
                    over = threading.Event()
                    longest.setdefault("while nothing comes", []).append(max(keys.gaps(over, QUIET_SECONDS)))
                    seconds, gaps = arrival(keys, program, log, way == "at once")
                    shown.setdefault(f"end shown, lines come {way}", []).append(seconds)
                    longest.setdefault(f"lines come {way}", []).append(max(gaps))
                    shown.setdefault("a word counted in all lines", []).append(search(program))
    figures = [Figure.of(name, "s", samples, "at most 3" if "end" in name else "") for name, samples in shown.items()]
    for name, samples in longest.items():
        goal = "" if "nothing" in name else "at most 100"
        figures.append(Figure.of(f"longest gap between keys, {name}", "ms", [s * 1000 for s in samples], goal))
    report(f"{LINES:,} lines of log", figures, options.json)


if __name__ == "__main__":
    main()
