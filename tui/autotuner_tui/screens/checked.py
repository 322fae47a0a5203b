"""A text that is looked at while it is typed: what is wrong with it, what a run of it would do."""

from __future__ import annotations

from argparse import Namespace
from contextlib import nullcontext, suppress

from textual import on, work
from textual.timer import Timer
from textual.widgets import TextArea

from autotuner_core.findings import Finding, Severity
from autotuner_tui.background import Latest
from autotuner_tui.editing.document import Document
from autotuner_tui.editing.examined import Examined, examined
from autotuner_tui.editing.preflight import Preflight
from autotuner_tui.garbage import reading_what_stays
from autotuner_tui.recent_tasks import remember_task
from autotuner_tui.screens.edited import EditedScreen

PAUSE_SECONDS = 0.25
"""How long nothing is typed before the text is looked at and kept."""
KEEP_SECONDS = 0.5
"""How often it is kept while somebody types on and on."""


class CheckedScreen(EditedScreen):
    """`examined` is what is known of the text. `arguments`: the command line, for the way to a cluster."""

    def __init__(self, document: Document, arguments: Namespace) -> None:
        super().__init__(document)
        self.arguments = arguments
        self.examined = Examined("", ())
        self.refusal: Finding | None = None
        """Why the run that was to be started did not begin."""
        self._pause: Timer | None = None
        self._keeping: Timer | None = None

    def begin_to_look(self) -> None:
        """To be called once it is mounted, before anything is looked at."""
        self._looks = Latest(self.app, self._looked)
        self.preflight = Preflight(self.app, self.arguments, self.tick_now)

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.refusal = None
        self._text_at_end = self.editor.text if self.unsaved else None
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_SECONDS, self.look)
        if self._keeping is None:  # who types without a pause must not lose all of it with a killed screen
            self._keeping = self.set_timer(KEEP_SECONDS, self._keep_meanwhile)

    def _keep_meanwhile(self) -> None:
        self._keeping = None
        self.keep()

    def look(self) -> None:
        """Have the text checked and planned, and kept where it is not saved."""
        text, document, arguments = self.editor.text, self.document, self.arguments
        self._text_at_end = text if self.unsaved else None
        self.keep()
        if text != self.examined.text:
            kind, reading = document.kind, nullcontext() if self.examined.text else reading_what_stays()

            def look() -> Examined:
                with reading:  # at the first look most of what it takes is loaded
                    return examined(text, kind, document.path, arguments)

            self._looks.ask(look)
        self.tick()

    def _looked(self, found: Examined) -> None:
        first, self.examined = not self.examined.text, found
        self.preflight.want(found)
        self.tick_now()
        if first:
            self.call_after_refresh(self.remember)  # the plan is shown first

    @work(thread=True, group="remember")
    def remember(self) -> None:
        """Enter it into the list of tasks that were opened."""
        if self.document.path is not None:
            with suppress(OSError):  # a list that cannot be written costs nothing but itself
                remember_task(self.document.path)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is known: why it did not start, of the text, of the cluster."""
        first = (self.refusal,) if self.refusal is not None else ()
        return (*first, *self.examined.findings, *self.preflight.findings(self.examined))

    # ---- actions

    def do_next_problem(self) -> None:
        """The next error, from the end to the first; where there are none, the next warning or note."""
        self._jump(1)

    def do_last_problem(self) -> None:
        """The one before."""
        self._jump(-1)

    def _jump(self, step: int) -> None:
        row = self.editor.cursor_location[0]
        findings = [one for one in self.findings if one.line is not None]
        errors = [one for one in findings if one.severity is Severity.ERROR]
        places = [((one.line or 1) - 1, (one.column or 1) - 1) for one in errors or findings]
        places = sorted(places, reverse=step < 0)
        if not places:
            self.say("nothing is wrong in the file")
            return
        beyond = [place for place in places if (place[0] - row) * step > 0]
        self.editor.move_cursor((beyond or places)[0], center=True)
        self.editor.focus()
