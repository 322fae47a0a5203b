"""A run that is killed with SIGKILL and resumed, and what must hold afterwards: shared by the tests of a few chosen
moments (tests/e2e/test_killed_run.py) and the measuring program of a hundred random ones (tests/bench/kills.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autotuner_core.deploy.strays import find_strays
from autotuner_core.run.events import AttemptEnded, AttemptStarted, Event, HostStarted
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from stub_load import held_benchmark, stub_benchmark

HERE = Path(__file__).resolve().parent
NAME = "kills"
LONGEST_RUN = 240.0  # seconds
LONGEST_DYING = 60.0  # seconds until what a killed host started must be gone

Moment = Callable[[Sequence[Event]], bool]


def killed_task(values: Sequence[float], folder: Path, **changes: Any) -> dict[str, Any]:
    """One experiment for each `ttft` in `values`, a sixth of a second each: engine and load are stubs."""
    command = [sys.executable, str(HERE / "misbehaving.py"), "--port", "{port}", "{flags}"]
    task: dict[str, Any] = {
        "task_name": NAME,
        "backend": "local",
        "model": {"name": "stand-in"},
        "parameters": {"ttft": {"type": "choice", "values": list(values)}},
        "optimization": {"objective": "minimize_latency", "timeout_per_iteration": 60},
        "benchmark": stub_benchmark(folder),
        "local": {"engine": "command", "command": command},
    }
    for section, keys in changes.items():
        task[section] = {**task[section], **keys}
    return task


def held_task(values: Sequence[float], folder: Path, **changes: Any) -> dict[str, Any]:
    """The same with levels that do not end before `Victim.let_go`: a run that is to be killed is there to be killed."""
    return killed_task(values, folder, benchmark=held_benchmark(folder, folder / "let-go-{ttft}"), **changes)


class Victim:
    """A run in a folder of its own, started, killed and resumed from the outside."""

    def __init__(self, folder: Path, task: Mapping[str, Any], results: Path | None = None) -> None:
        self.folder = folder
        self.results = results or folder / "results"
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        self.name = str(task["task_name"])
        self.run_options: tuple[str, ...] = ()
        self.command: tuple[str, ...] = (sys.executable,)
        self.task_file = folder / "task.json"
        self.task_file.write_text(json.dumps(task))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`run` or `resume`, left running; what it says goes to said.txt."""
        command = [*self.command, "-m", "autotuner_tui", *words, "--no-ui", "--results-dir", str(self.results)]
        with (self.folder / "said.txt").open("ab") as said:
            return subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    def begin(self) -> subprocess.Popen[bytes]:
        return self.start("run", str(self.task_file), *self.run_options)

    def resume(self) -> subprocess.Popen[bytes]:
        """Goes on with the run; where the host was killed before there was one, begins it."""
        return self.start("resume") if self.state().host is not None else self.begin()

    def finish(self) -> None:
        """Resume, and wait for the end. Raises AssertionError where it is not a good one: a run that was complete when
        it was killed is told to be, and any other finds a winner."""
        end = self.state().end
        was_complete = end is not None and end.reason == "completed"
        code = self.resume().wait(LONGEST_RUN)
        assert code == (2 if was_complete else 0), f"exit code {code}: {self.said()}"

    def let_go(self, *values: float) -> None:
        """Let the levels of these experiments of a held task end, now and from now on."""
        for value in values:
            (self.folder / f"let-go-{value}").touch()

    def kill_at(self, process: subprocess.Popen[bytes], moment: Moment | float) -> bool:
        """SIGKILL at a moment: a number of seconds from now, or when the journal's events first meet it. False where
        the run had ended before."""
        end = time.monotonic() + (moment if isinstance(moment, float) else LONGEST_RUN)
        while process.poll() is None and time.monotonic() < end:
            if not isinstance(moment, float) and moment(self.events()):
                break
            time.sleep(0.002)
        alive = process.poll() is None
        process.kill()
        process.wait()
        return alive

    # ---- what is there

    @property
    def run_folder(self) -> RunFolder | None:
        found = sorted(self.results.glob(f"{self.name}/*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
        begun = [path for path in found if path.stat().st_size]
        return RunFolder(begun[-1].parent) if begun else None

    def events(self) -> list[Event]:
        folder = self.run_folder
        return read_journal(folder.journal) if folder else []

    def state(self) -> RunState:
        return RunState.of(self.events())

    def said(self) -> str:
        return (self.folder / "said.txt").read_text(errors="replace")[-3000:]

    def recorded(self) -> bytes:
        """Everything that was acknowledged of a run that can be resumed: the journal's whole lines."""
        data = self.run_folder.journal.read_bytes() if self.run_folder and self.state().host else b""
        return data[: data.rfind(b"\n") + 1]

    def seconds_until_all_is_gone(self) -> float:
        """How long something with the run's token lived on. Raises AssertionError that names what does not end."""
        host = self.state().host
        begun = time.monotonic()
        while host is not None and (left := find_strays(host.token)):
            assert time.monotonic() - begun < LONGEST_DYING, f"still there: {', '.join(map(str, left))}"
            time.sleep(0.01)
        return time.monotonic() - begun

    def configurations(self) -> dict[str, float]:
        """The results file's configurations, each with its score (to 10 microseconds)."""
        document = json.loads((self.results / f"{self.name}_results.json").read_text())
        return {json.dumps(r["parameters"]): round(r["objective_score"], 5) for r in document["all_results"]}


def check_whole(victim: Victim, undisturbed: Mapping[str, float], kept: Sequence[bytes]) -> None:
    """Raises AssertionError where a killed and resumed run is not what it would have been undisturbed, or where what
    the journal held at a kill (`kept`) is not in it any more."""
    state, events = victim.state(), victim.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), "a gap in the journal"
    for part in kept:
        assert victim.recorded().startswith(part), "something that was recorded is lost"
    assert state.end is not None and state.end.reason == "completed"
    assert victim.configurations() == undisturbed
    scored = Counter(e.experiment for e in events if isinstance(e, AttemptEnded) and e.outcome == "scored")
    assert set(scored) == set(state.experiments) and set(scored.values()) == {1}, f"measured twice: {scored}"
    started = [(e.experiment, e.attempt) for e in events if isinstance(e, AttemptStarted)]
    assert len(set(started)) == len(started), "one attempt was begun twice"
    ended = {(e.experiment, e.attempt) for e in events if isinstance(e, AttemptEnded)}
    assert ended == set(started), "an attempt without an end"
    assert state.resources == {}, f"not seen to be gone: {state.resources}"
    assert len({e.token for e in events if isinstance(e, HostStarted)}) == 1
    victim.seconds_until_all_is_gone()
