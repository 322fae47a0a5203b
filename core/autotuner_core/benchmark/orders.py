"""What a level is run with: the call of genai-bench, the launcher's settings, and where the files go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.base import Endpoint, Level
from autotuner_core.benchmark.command import API_KEY_VARIABLE, api_backend, benchmark_arguments
from autotuner_core.benchmark.forked_level import LevelOrder
from autotuner_core.benchmark.redact import secret_names
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.folder import RunFolder

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

_ATTEMPT_FOLDER = re.compile(r"exp(\d+)/attempt(\d+)")


@dataclass(frozen=True)
class Orders:
    """Makes the orders of a run's levels. `environment` is that of the load generator."""

    task: Task
    run_folder: RunFolder
    token: str
    tokenizer: str
    environment: Mapping[str, str]

    def order(self, level: Level, endpoint: Endpoint, folder: Path, workers: int = 1) -> LevelOrder:
        """One level, to be shared by so many load generators; the folders are there afterwards.
        Raises ExperimentFailure(storage_full)."""
        files = self.files_of(level, folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ExperimentFailure(
                FailureCause.STORAGE_FULL,
                f"{error.filename} cannot be made: {error.strerror}",
                cure="Make room there, or choose another place with --results-dir.",
            ) from error
        arguments = benchmark_arguments(
            level,
            endpoint,
            backend=api_backend(self.task),
            tokenizer=self.tokenizer,
            additional_params=self.task.benchmark.additional_params,
            folder=files,
        )
        experiment, attempt = owner_of(folder)
        settings = self._settings(level, folder, workers)
        return LevelOrder(level, arguments, settings, folder, self.token, experiment, attempt)

    def _settings(self, level: Level, folder: Path, workers: int) -> dict[str, Any]:
        """As the launcher's docstring has them."""
        return {
            "samples": str(folder / "samples.jsonl"),
            "log": str(folder / "benchmark.log"),
            "levels": [asdict(level)],
            "secrets": secret_names(self.environment),
            "api_key": API_KEY_VARIABLE,
            "workers": workers,
        }

    def files_of(self, level: Level, folder: Path) -> Path:
        """Where genai-bench writes in this level: a warm-up's files are not among the results."""
        files = self.files(folder)
        return files / "warm_up" if level.warm_up else files

    def files(self, folder: Path) -> Path:
        """Where genai-bench's own files of an attempt are."""
        experiment, attempt = owner_of(folder)
        if experiment is None or attempt is None:
            return folder / "benchmark_results"
        return self.run_folder.benchmark_files(experiment, attempt)


def owner_of(folder: Path) -> tuple[int | None, int | None]:
    """Experiment and attempt that a folder is of; None where it is no attempt's."""
    match = _ATTEMPT_FOLDER.fullmatch("/".join(folder.parts[-2:]))
    return (int(match[1]), int(match[2])) if match else (None, None)
