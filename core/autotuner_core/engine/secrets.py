"""What must not be read in the record: secrets that an engine or a server prints come back in failures and logs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from autotuner_core.benchmark.redact import Redactor
from autotuner_core.run.events import Event
from autotuner_core.task.redact import HIDDEN


class Secrets:
    """The secrets of this process and of the task's engine, and their hiding in the record."""

    def __init__(self, *environments: Mapping[str, str]) -> None:
        self._redactor = Redactor(value for environment in environments for value in Redactor.of(environment).values)

    @classmethod
    def of_task(cls, engine_environment: Mapping[str, str]) -> Secrets:
        """Those of this process's environment and of `local.env`."""
        return cls(os.environ, engine_environment)

    def hide(self, text: str) -> str:
        """The text with `***` in place of every secret."""
        return self._redactor.text(text)

    def hidden_in(self, event: Event) -> Event:
        """The event with the secrets hidden in its words. Parameters, tasks and figures are left as they are."""
        changed: dict[str, Any] = {}
        for field in fields(event):
            value = getattr(event, field.name)
            if isinstance(value, str) and (hidden := self.hide(value)) != value:
                changed[field.name] = hidden
            elif isinstance(value, tuple) and any(isinstance(item, str) for item in value):
                changed[field.name] = tuple(self.hide(item) if isinstance(item, str) else item for item in value)
        return replace(event, **changed) if changed else event

    def hide_in_file(self, path: Path) -> None:
        """Rewrite a finished log without secrets, line by line. Raises OSError."""
        secrets = [value.encode() for value in self._redactor.values]
        if not secrets or not path.is_file() or not _any_in(path, secrets):
            return
        clean = path.with_name(f"{path.name}.clean")
        try:
            with path.open("rb") as old, clean.open("wb") as new:
                for line in old:
                    for value in secrets:
                        line = line.replace(value, HIDDEN.encode())  # noqa: PLW2901
                    new.write(line)
            clean.replace(path)
        finally:
            clean.unlink(missing_ok=True)  # half of it, where the disk is full


def _any_in(path: Path, secrets: Iterable[bytes]) -> bool:
    with path.open("rb") as file:
        return any(value in line for line in file for value in secrets)
