#!/usr/bin/env -S python3 -I -S
"""A stand-in for the interpreter that has genai-bench: it speaks the protocol of the warm process (see launcher.py) and
forks load generators that send no requests, but write samples as perfect ones would have left them.

In a task:     "benchmark": {"genai_bench_python": "tests/stub_genai_bench.py", ...}
As a tokenizer any folder will do that looks like one; stub_load.py gives such parts of tasks.

What a level is like, by `benchmark.additional_params`: `stub_seconds` (how long it really takes; 0.02), `stub_until` (a
file that it waits for instead, however slow the machine is: `held_benchmark`; in its name `{ttft}` is that flag of the
level's engine where that is a local one, `{experiment}` the folder of its experiment, exp3), `stub_exit` (an exit code
in place of an end of its level). Otherwise by the engine's own flags, which it reads in the attempt's command.json:
`ttft` and `tpot` (seconds; 0.01 and 0.001), so that configurations score differently. The rows' times are made up: a
level of minutes takes hundredths of a second.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

VERSION = "0.0.5"
OUTPUT_TOKENS = 10  # where the scenario is not one of fixed lengths
TICKS = 4
EXIT_IO_ERROR = 74
EXIT_NOT_LET_GO = 75
UNTIL_SECONDS = 240.0  # a level whose file does not come has failed: its test was not to wait for ever
PAUSE = 0.05  # seconds between two looks for that file: dozens may wait at once


# ---- one level, in a fork of its own


class Level:
    """One level: `run` writes its samples and ends the process."""

    def __init__(self, arguments: list[str], settings: dict[str, Any]) -> None:
        options = dict(zip(arguments[::2], arguments[1::2], strict=False))
        params = json.loads(options.get("--additional-request-params", "{}"))
        self.seconds = float(params.get("stub_seconds", 0.02))
        self.exit = params.get("stub_exit")
        self.settings = settings["levels"][0]
        self.samples = Path(settings["samples"])
        engine = engine_flags(self.samples.with_name("command.json"))
        names = {"experiment": self.samples.parents[1].name, **engine}
        self.until = Path(params["stub_until"].format_map(names)) if "stub_until" in params else None
        self.ttft, self.tpot = float(engine.get("ttft", 0.01)), float(engine.get("tpot", 0.001))
        lengths = re.match(r"D\((\d+),(\d+)\)", self.settings["scenario"].replace(" ", ""))
        self.tokens_in, self.tokens_out = (int(n) for n in lengths.groups()) if lengths else (10, OUTPUT_TOKENS)
        self.asked = False

    def run(self) -> None:
        signal.signal(signal.SIGUSR1, self._ask)
        with self.samples.open("a", encoding="utf-8") as self.file:
            self.begun = time.monotonic()
            header = {"scenario": self.settings["scenario"], "concurrency": self.settings["concurrency"]}
            self._write("level", mono=self.begun, wall=time.time(), **header)
            self.file.flush()
            if self.exit is not None:
                os._exit(int(self.exit))
            self._wait()
            self._requests()

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True

    def _wait(self) -> None:
        seconds = UNTIL_SECONDS if self.until else min(self.seconds, self.settings["max_seconds"])
        end = self.begun + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            if self.until is not None and self.until.exists():
                return
            time.sleep(min(left, PAUSE))
        if self.until is not None and not self.asked:
            sys.stderr.write(f"waited {seconds:g} s for {self.until}\n")
            sys.stderr.flush()
            os._exit(EXIT_NOT_LET_GO)

    def _requests(self) -> None:
        """A closed loop: each client sends its next request when its last one ended."""
        clients, wanted = self.settings["concurrency"], max(1, int(self.settings["max_requests"]))
        one = self.ttft + self.tpot * (self.tokens_out - 1)
        rounds = max(1, min(wanted // clients, int(self.settings["max_seconds"] / one)))
        for number in range(1 if self.asked else rounds):
            for _ in range(clients):
                self._request(self.begun + number * one)
        end = self.begun + rounds * one
        for number in range(TICKS):
            at = self.begun + (end - self.begun) * (number + 1) / TICKS
            done = rounds * clients * (number + 1) // TICKS
            self._write("tick", mono=at, running=clients, done=done, errors=0, lag=0.0001, lag_max=0.0002, cpu=0.05)
        self._write("level_end", mono=end, ended_by="asked" if self.asked else "requests")

    def _request(self, start: float) -> None:
        chunks = [round(start + self.ttft + self.tpot * n, 6) for n in range(self.tokens_out)]
        counts = {"in": self.tokens_in, "out": self.tokens_out, "error": None, "message": ""}
        self._write("request", start=round(start, 6), first=chunks[0], end=chunks[-1], chunks=chunks, **counts)

    def _write(self, kind: str, **fields: Any) -> None:
        self.file.write(json.dumps({"kind": kind, "level": self.settings["index"], **fields}) + "\n")


def engine_flags(path: Path) -> dict[str, str]:
    """`--name value` pairs of the engine's command line."""
    try:
        argv = json.loads(path.read_text(encoding="utf-8"))["argv"]
    except (OSError, ValueError, KeyError):
        return {}
    return {name[2:]: value for name, value in pairwise(argv) if name.startswith("--")}


# ---- the warm process


class Warm:
    """Does nothing but fork."""

    def __init__(self) -> None:
        self.commands, self.reports = os.dup(0), os.dup(1)
        self.children: dict[int, int] = {}
        self.wake, self.wake_in = os.pipe()
        for descriptor in (self.wake, self.wake_in):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def report(self, report: str, **fields: Any) -> None:
        os.write(self.reports, (json.dumps({"report": report, **fields}) + "\n").encode())

    def serve(self) -> None:
        python = ".".join(str(part) for part in sys.version_info[:3])
        self.report("loaded", genai_bench=VERSION, python=python, seconds=0.0, patched=True, missing=[])
        pending = b""
        while True:
            ready = select.select([self.commands, self.wake], [], [])[0]
            if self.wake in ready:
                drain(self.wake)
                self.reap()
            if self.commands in ready:
                data = os.read(self.commands, 65536)
                *lines, pending = (pending + data).split(b"\n")
                if not data or not all(self.handle(json.loads(line)) for line in lines):
                    return

    def handle(self, command: dict[str, Any]) -> bool:
        kind = command["cmd"]
        if kind == "tokenizer":
            self.report("tokenizer", id=command["id"], ok=True, seconds=0.0)
        elif kind == "level":
            self.fork(command)
        elif kind == "end":
            for pid in [pid for pid, level in self.children.items() if level == command["id"]]:
                os.kill(pid, signal.SIGKILL if command.get("kill") else signal.SIGUSR1)
        return kind != "exit"

    def fork(self, command: dict[str, Any]) -> None:
        hold, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            self.become_level(command, hold, go)
        self.children[pid] = command["id"]
        os.close(hold)
        self.report("forked", id=command["id"], pid=pid, started=time.time())
        os.close(go)

    def become_level(self, command: dict[str, Any], hold: int, go: int) -> NoReturn:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in (go, self.commands, self.reports):
                os.close(descriptor)
            os.read(hold, 1)  # until the parent has told who we are
            if log := command["settings"].get("log"):
                descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
                os.dup2(descriptor, 1)
                os.dup2(descriptor, 2)
            Level(command["arguments"], command["settings"]).run()
            code = 0
        except OSError as error:
            code = EXIT_IO_ERROR
            sys.stderr.write(f"the samples cannot be written: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(code)

    def reap(self) -> None:
        for pid in list(self.children):
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                self.report("exited", id=self.children.pop(pid), pid=pid, status=status)

    def end(self) -> None:
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        pass


def main(arguments: list[str]) -> NoReturn:
    if arguments[1:2] != ["warm"]:
        sys.exit(f"{sys.argv[0]} LAUNCHER warm\n\n{__doc__}")
    warm = Warm()
    try:
        warm.serve()
    except BrokenPipeError:
        pass
    finally:
        warm.end()
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
