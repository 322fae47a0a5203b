"""From the start of the program to its first paint (the shell) and to a filled screen, against a bare Textual program
of one widget in the same run, in turns: the first page, a task, a run. Attaching: to a recorded run of 500 experiments.
Then how many bytes each of them sends while nothing happens."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from recordings import beginning, scored, stamped
from tests.bench.ptys import timed
from tests.bench.table import Figure, arguments, report

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("bare-widget")
Bare().run()
"""
OURS = [sys.executable, "-m", "autotuner_tui"]
EXPERIMENTS = 500
SETTLED_SECONDS, IDLE_SECONDS = 2.0, 5.0


NOT_A_PERSONS = ("CI", "NO_COLOR", "SSH_CONNECTION", "PYTHONDONTWRITEBYTECODE")


def environment(folder: Path) -> dict[str, str]:
    """A person's terminal, with a home of its own. Python keeps what it compiles, as it does by default."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_A_PERSONS}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config")}  # fmt: skip


def recorded(folder: Path, experiments: int) -> RunFolder:
    """A run that has ended, every experiment measured."""
    run = RunFolder(folder / "results" / "chat" / "ab12")
    run.root.mkdir(parents=True)
    events = beginning(experiments)
    for number in range(1, experiments + 1):
        events += scored(number, 100.0 + number)
    events.append(ev.RunEnded(reason="completed"))
    run.journal.write_text("".join(json.dumps(event.to_record()) + "\n" for event in stamped(events, 0.5)))
    return run


def own_task(folder: Path) -> Path:
    """A task as a person begins one."""
    from autotuner_tui.editing.document import TEMPLATE

    path = folder / "task.json"
    path.write_text(TEMPLATE)
    return path


def idle_bytes(command: list[str], around: dict[str, str], keys: str, *shown: str) -> float:
    """What a screen sends in IDLE_SECONDS once it has shown that and all that it looks for has come."""
    with timed([*OURS, *command], around) as ours:
        ours.until(*shown)
        ours.bytes_within(SETTLED_SECONDS)
        ours.press(keys)
        ours.bytes_within(SETTLED_SECONDS)
        return float(ours.bytes_within(IDLE_SECONDS))


def start_each(
    around: dict[str, str], task: Path, small: RunFolder, large: RunFolder, taken: dict[str, list[float]]
) -> None:
    """Each program once; when its first paint came and when it was filled, in seconds, is added to `taken`."""
    with timed([sys.executable, "-c", BARE], around) as bare:
        taken.setdefault("bare", []).append(bare.until("bare-widget"))
    with timed(OURS, around) as ours:
        taken.setdefault("first page: shell", []).append(ours.until(" autotuner-tui"))
        taken.setdefault("first page: filled", []).append(ours.until("all_keys"))
    with timed([*OURS, str(task)], around) as ours:
        taken.setdefault("task: shell", []).append(ours.until(" autotuner-tui"))
        taken.setdefault("task: filled", []).append(ours.until("GPU-hours"))
    with timed([*OURS, "attach", str(small.root)], around) as ours:
        taken.setdefault("shell", []).append(ours.until(" autotuner-tui"))
        taken.setdefault("filled", []).append(ours.until("completed", "▸"))
    with timed([*OURS, "attach", str(large.root)], around) as ours:
        taken.setdefault("attach to 500", []).append(ours.until("completed", "▸"))


def main() -> None:
    options = arguments(__doc__ or "", repeats=20)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        small, large = recorded(folder / "small", 20), recorded(folder / "large", EXPERIMENTS)
        around, task = environment(folder), own_task(folder)
        taken: dict[str, list[float]] = {}
        start_each(around, task, small, large, {})  # the first start may have to compile
        for _ in range(options.repeats):
            start_each(around, task, small, large, taken)
        run = ["attach", str(small.root)]
        idle = {
            "first page": idle_bytes([], around, "", "all_keys"),
            "task": idle_bytes([str(task)], around, "", "GPU-hours"),
            "ended run": idle_bytes(run, around, "", "completed"),
            "results": idle_bytes(run, around, "v", "completed"),
        }
    figures = [Figure.of(name, "s", samples) for name, samples in taken.items()]
    figures += [Figure.of(f"idle: {name}", "bytes", [sent], "at most 0") for name, sent in idle.items()]
    goals = {"first page: shell": 1.3, "first page: filled": 2.0, "task: shell": 1.3, "task: filled": 2.0}
    for name, goal in (*goals.items(), ("shell", 1.3), ("filled", 2.0), ("attach to 500", 3.0)):
        ratios = [ours / bare for ours, bare in zip(taken[name], taken["bare"], strict=True)]
        figures.append(Figure.of(f"{name} : bare", "times", ratios, f"median at most {goal:g}"))
    report("First paint", figures, options.json)


if __name__ == "__main__":
    main()
