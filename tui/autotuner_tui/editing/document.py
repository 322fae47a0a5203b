"""A task file that is being edited: what stands on the disk, and saving over it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from autotuner_core.run.whole_file import write_text
from autotuner_core.task.errors import TaskError
from autotuner_core.task.load import Kind
from autotuner_core.task.text import read_text
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.drafts import Draft, fingerprint, kept_draft

TEMPLATE = """\
{
  "task_name": "my-task",
  "description": "",
  "backend": "local",
  "model": {"name": "tiny"},
  "parameters": {
    "parallel": {"type": "choice", "values": [1, 4]}
  },
  "optimization": {
    "objective": "maximize_throughput"
  },
  "benchmark": {
    "traffic_scenarios": ["D(100,100)"],
    "num_concurrency": [1, 4]
  }
}
"""
"""What a task from nothing begins with."""


@dataclass(frozen=True)
class Document:
    """`path` is None for a task that has no file yet. `text` is what the editor begins with; `base` the fingerprint of
    the file that it comes from. `draft`: unsaved changes of an earlier time, which `text` holds; `on_disk` is then what
    they would replace."""

    path: Path | None
    text: str
    base: str
    draft: Draft | None = None
    on_disk: str = ""

    @property
    def kind(self) -> Kind:
        """By the file's name; without one, by the first character."""
        suffix = self.path.suffix.lower() if self.path is not None else ""
        if suffix in (".yaml", ".yml"):
            return "yaml"
        return "json" if suffix == ".json" or self.text.lstrip()[:1] in ("{", "[", "") else "yaml"

    @property
    def moved_on(self) -> bool:
        """Whether the file was changed after the draft was begun."""
        return self.draft is not None and self.draft.base != fingerprint(self.on_disk or None)


def opened(path: Path) -> Document:
    """The file, with the unsaved changes where there are any. Raises UserError where it is no text file."""
    path = Path(path).expanduser().absolute()
    draft = kept_draft(path)
    on_disk = read_or_none(path) if path.exists() or draft is None else None
    if on_disk is None and draft is None:
        raise UserError(f"there is no file {path}", cure="`autotuner-tui new` lists examples, and writes one")
    if draft is None or draft.text == on_disk:
        return Document(path, on_disk or "", fingerprint(on_disk), on_disk=on_disk or "")
    return Document(path, draft.text, draft.base, draft, on_disk or "")


def begun(text: str = TEMPLATE) -> Document:
    """A task that has no file yet: the unsaved one of an earlier time, where there is one and nothing else is asked
    for."""
    draft = kept_draft(None) if text == TEMPLATE else None
    return Document(None, draft.text if draft else text, fingerprint(None), draft, text)


def read_or_none(path: Path) -> str | None:
    """The text on the disk; None where there is no file. Raises UserError where it cannot be read as text."""
    try:
        return read_text(path)
    except TaskError as error:
        if not path.exists():
            return None
        first = error.findings[0]
        raise UserError(first.message, cure=first.cure) from error


def changed_on_disk(document: Document) -> bool:
    """Whether somebody else has written the file since it was read or saved here. Raises UserError."""
    return document.path is not None and fingerprint(read_or_none(document.path)) != document.base


def saved(document: Document, text: str, path: Path) -> Document:
    """Write the text in one step; the file's rights stay, and a link stays one. Raises OSError."""
    target = Path(os.path.realpath(path))
    mode = None
    with contextlib.suppress(FileNotFoundError):
        mode = target.stat().st_mode & 0o7777
    write_text([text], target)
    if mode is not None:
        target.chmod(mode)
    return replace(document, path=path.absolute(), text=text, base=fingerprint(text), draft=None, on_disk=text)
