"""A screen whose text is never lost: kept as a draft while it is typed."""

from __future__ import annotations

from pathlib import Path

from autotuner_tui.background import Latest
from autotuner_tui.editing.document import Document
from autotuner_tui.editing.drafts import drop_draft, keep_draft
from autotuner_tui.headless.words import ago
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.widgets.task_editor import TaskEditor


class DraftedScreen(ActionScreen):
    """Holds the document and its editor (`#editor`)."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self._kept = document.text if document.draft else None
        self._taken = document.draft.place if document.draft else None
        """The draft of an earlier time that the text came from."""
        self._drafts: Latest[tuple[str | None, str]] | None = None

    @property
    def editor(self) -> TaskEditor:
        """Where the text is."""
        return self.query_one(TaskEditor)

    @property
    def unsaved(self) -> bool:
        """Whether the text is another one than the file's."""
        return self.editor.text != self.document.on_disk

    def keep(self) -> None:
        """Have the unsaved text kept as a draft, or its draft dropped, in a thread."""
        if self._drafts is None:
            self._drafts = Latest(self.app, self._draft_is_kept)
        path, base, taken = self.document.path, self.document.base, self._taken
        text = self.editor.text if self.unsaved else None
        if text != self._kept:
            self._drafts.ask(lambda: _draft_kept(path, text, base, taken))

    def _draft_is_kept(self, told: tuple[str | None, str]) -> None:
        self._kept, trouble = told
        if trouble:
            self.say(trouble)

    def on_unmount(self) -> None:
        """The last moment, also when the line was dropped: what has not been kept yet is kept now."""
        if self._text_at_end is not None and self._text_at_end != self._kept:
            _draft_kept(self.document.path, self._text_at_end, self.document.base, self._taken)

    _text_at_end: str | None = None
    """The unsaved text: the editor may be gone when it is needed."""

    def tell_draft(self) -> None:
        """Say that unsaved changes were found, where there were any."""
        draft = self.document.draft
        if draft is None:
            return
        import time

        when = ago(time.time() - draft.saved_at)
        moved = "; the file was changed since: saving asks" if self.document.moved_on else ""
        self.say(f"unsaved changes of {when} are back (F9 drops them){moved}")


def _draft_kept(path: Path | None, text: str | None, base: str, taken: Path | None) -> tuple[str | None, str]:
    """What is kept now, and what to say where that did not work."""
    try:
        if text is None:
            drop_draft(path, taken)
        else:
            keep_draft(path, text, base, taken)
    except OSError as error:
        return None, f"unsaved changes cannot be kept ({error}): save now"
    return text, ""
