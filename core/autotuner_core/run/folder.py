"""Where a run keeps its things. Every viewer reads this folder and nothing else."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path

ALPHABET = string.ascii_lowercase + string.digits
RUN_ID_LENGTH = 4


@dataclass(frozen=True)
class RunFolder:
    """The folder `results/{task_name}/{run_id}` and what belongs to it. `root` is absolute."""

    root: Path

    @property
    def run_id(self) -> str:
        return self.root.name

    @property
    def task_name(self) -> str:
        return self.root.parent.name

    @property
    def results_dir(self) -> Path:
        return self.root.parent.parent

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    @property
    def task_file(self) -> Path:
        """The task as it was run (secrets taken out)."""
        return self.root / "task.json"

    @property
    def host_log(self) -> Path:
        return self.root / "host.log"

    @property
    def on_event_log(self) -> Path:
        """What the command for events (`--on-event`) says."""
        return self.root / "on_event.log"

    @property
    def host_lock(self) -> Path:
        """Held by the process that has the run in hand."""
        return self.root / "host.lock"

    @property
    def task_lock(self) -> Path:
        """Held by the one run of this task that may write its results file."""
        return self.root.parent / "task.lock"

    @property
    def results_file(self) -> Path:
        """The architecture document's file, rewritten after every experiment."""
        return self.results_dir / f"{self.task_name}_results.json"

    def attempt(self, experiment: int, attempt: int) -> Path:
        """Logs and streams of one attempt."""
        return self.root / f"exp{experiment}" / f"attempt{attempt}"

    def benchmark_files(self, experiment: int, attempt: int) -> Path:
        """genai-bench's own files of one attempt: a fresh folder each, because it never cleans up."""
        name = f"{self.task_name}-exp{experiment}"
        return benchmark_results_dir(self.results_dir) / name / f"{self.run_id}-attempt{attempt}"


def benchmark_results_dir(results_dir: Path) -> Path:
    """Beside a results folder that is called `results`, as the architecture document has it; inside any other."""
    parent = results_dir.parent if results_dir.name == "results" else results_dir
    return parent / "benchmark_results"


def new_run_folder(results_dir: Path, task_name: str) -> RunFolder:
    """Make the folder of a new run, with a run id that no run of this task has. Raises OSError."""
    import secrets  # what only reads runs has no use for it

    parent = results_dir.absolute() / task_name
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        run_id = "".join(secrets.choice(ALPHABET) for _ in range(RUN_ID_LENGTH))
        try:
            (parent / run_id).mkdir()
        except FileExistsError:
            continue
        return RunFolder(parent / run_id)
