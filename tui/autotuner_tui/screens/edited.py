"""A screen whose text is never lost: kept as a draft while it is typed, saved in one step, asked about on leaving.

What asks is loaded when it asks: not before the first picture."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
from pathlib import Path

from textual import work
from textual.app import SuspendNotSupported

from autotuner_tui.app import AutotunerApp
from autotuner_tui.background import Latest
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.document import Document, changed_on_disk, opened, read_or_none, saved
from autotuner_tui.editing.drafts import drop_draft, fingerprint, keep_draft
from autotuner_tui.headless.words import ago
from autotuner_tui.live.why import Leaving
from autotuner_tui.screens.acting import ActionScreen
from autotuner_tui.widgets.task_editor import TaskEditor


class EditedScreen(ActionScreen):
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

    # ---- saving

    @work(exclusive=True, group="save")
    async def do_save(self) -> None:
        """Save."""
        await self.save()

    async def save(self) -> bool:
        """Write the text to its file, asking where there is none yet or somebody else has written it. Whether it is
        saved."""
        path = self.document.path or await self._asked_path()
        if path is None:
            return False
        try:
            if await asyncio.to_thread(changed_on_disk, self.document) and not await self._over_others(path):
                return False
            text = self.editor.text
            self.document = await asyncio.to_thread(_saved, self.document, text, path, self._taken)
        except (UserError, OSError) as error:
            self.say(f"not saved: {error}")
            return False
        self._kept = self._taken = None
        self.is_saved()
        return True

    def is_saved(self) -> None:
        """Say so."""
        self.say(f"saved {self.document.path}")

    async def _asked_path(self) -> Path | None:
        from autotuner_tui.screens.path_question import PathQuestion

        return await self.answer(PathQuestion("Save the task as", "task.json", must_be=False))

    async def _over_others(self, path: Path) -> bool:
        from autotuner_tui.screens.question import Question

        words = [f"{path} has been changed, or removed, by another program since it was opened here.",
                 "Saving puts the text of this editor in its place."]  # fmt: skip
        question = Question("Changed on the disk", words, "saves over it")
        answer = await self.answer(question)
        return answer is True

    @work(exclusive=True, group="save")
    async def do_revert(self) -> None:
        """The file's text instead of the editor's; undo brings the other back."""
        path = self.document.path
        try:
            text = await asyncio.to_thread(read_or_none, path) if path is not None else self.document.on_disk
        except UserError as error:
            self.say(str(error))
            return
        if text is None or text == self.editor.text:
            self.say("there is no file yet" if text is None else "nothing is unsaved")
            return
        self.take(text)
        self.say("this is the file's text (undo brings yours back)")

    def take(self, text: str) -> None:
        """The file's text comes into the editor."""
        base = fingerprint(text) if self.document.path is not None else ""
        self.document = Document(self.document.path, text, base, on_disk=text)
        editor, place = self.editor, self.editor.cursor_location
        editor.replace(text, (0, 0), editor.document.end)
        editor.move_cursor(place)

    # ---- elsewhere

    @work(exclusive=True, group="save")
    async def do_outside(self) -> None:
        """Save, open the file in $EDITOR, and read it again afterwards."""
        if (self.unsaved or self.document.path is None) and not await self.save():
            return
        path = self.document.path
        assert path is not None
        command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
        try:
            with self.app.suspend():
                subprocess.run([*command, str(path)], check=False)
            document = opened(path)
        except (SuspendNotSupported, OSError, UserError) as error:
            self.say(f"{command[0]} cannot be used: {error or 'this terminal cannot be handed over'}")
            return
        if document.text != self.editor.text:
            self.take(document.text)
        self.refresh(repaint=True, layout=True)

    @work
    async def do_back(self) -> None:
        """To the screen before, after a question where something is unsaved."""
        from autotuner_tui.screens.question import Question

        app = self.app
        assert isinstance(app, AutotunerApp)
        if not self.is_current:
            return
        if self.unsaved:
            words = ["The changes are not saved. They are kept, and are back when this task is opened again."]
            if not await self.answer(Question("Leave", words, "leaves", again=("escape",))):
                return
        if app.at_the_first:
            app.exit(Leaving.DETACHED)
        else:
            app.pop_screen()


def _saved(document: Document, text: str, path: Path, taken: Path | None) -> Document:
    now = saved(document, text, path)
    for place in {document.path, path}:
        drop_draft(place, taken)
    return now


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
