"""A screen whose text is saved in one step, edited elsewhere, asked about on leaving.

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
from autotuner_tui.cli.exits import UserError
from autotuner_tui.editing.document import Document, changed_on_disk, opened, read_or_none, saved
from autotuner_tui.editing.drafts import drop_draft, fingerprint
from autotuner_tui.live.why import Leaving
from autotuner_tui.screens.drafted import DraftedScreen


class EditedScreen(DraftedScreen):
    """Saves the text, also past others who have written the file."""

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
