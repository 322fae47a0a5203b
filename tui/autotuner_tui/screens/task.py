"""A task: its text, what is wrong with it, what a run of it would do."""

from __future__ import annotations

from argparse import Namespace
from contextlib import nullcontext, suppress
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import TextArea

from autotuner_core.findings import Finding, Severity
from autotuner_tui.background import Latest
from autotuner_tui.editing.cursor_place import place_at
from autotuner_tui.editing.document import Document
from autotuner_tui.editing.examined import Examined, examined
from autotuner_tui.editing.key_words import words_for
from autotuner_tui.editing.preflight import Preflight
from autotuner_tui.garbage import reading_what_stays
from autotuner_tui.places import TASK
from autotuner_tui.recent_tasks import remember_task
from autotuner_tui.screens.edited import EditedScreen
from autotuner_tui.views.task import head_line, key_lines, plan_view, problem_lines, problems_title
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.scroll_lines import ScrollLines
from autotuner_tui.widgets.task_editor import TaskEditor
from autotuner_tui.widgets.text_lines import TextLines

PAUSE_SECONDS = 0.25
"""How long nothing is typed before the text is looked at and kept."""
KEEP_SECONDS = 0.5
"""How often it is kept while somebody types on and on."""
PANELS = ("problems", "plan", "key")


class TaskScreen(EditedScreen):
    """Text and panels; which have room, the style says. `arguments`: the command line, for the way to a cluster."""

    PLACE: ClassVar[str] = TASK
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    CSS_PATH = "../styles/task.tcss"

    def __init__(self, document: Document, arguments: Namespace) -> None:
        super().__init__(document)
        self.arguments = arguments
        self.examined = Examined("", ())
        self.refusal: Finding | None = None
        """Why the run that was to be started did not begin."""
        self._pause: Timer | None = None
        self._keeping: Timer | None = None

    def compose(self) -> ComposeResult:
        """All panels."""
        yield TextLines(id="head")
        with Container(id="panels", classes="-show-problems"):
            yield TaskEditor(self.document.text, self.document.kind, id="editor", classes="panel")
            with Container(id="side"):
                yield ScrollLines(id="problems", classes="panel")
                yield ScrollLines(id="plan", classes="panel")
                yield ScrollLines(id="key", classes="panel")
        yield Footer()

    def on_mount(self) -> None:
        """Look at the text."""
        self._looks = Latest(self.app, self._looked)
        self._preflight = Preflight(self.app, self.arguments, self.tick_now)
        self.query_one("#plan").border_title = "Plan"
        self.query_one("#key").border_title = "This key"
        if self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0]:
            self.query_one("#panels").set_classes("-show-editor")
        self.editor.focus()
        self.tell_draft()
        self.look()

    # ---- looking

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
        self._preflight.want(found)
        self.tick_now()
        if first:
            self.call_after_refresh(self._remember)  # the plan is shown first

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is known: why it did not start, of the text, of the cluster."""
        first = (self.refusal,) if self.refusal is not None else ()
        return (*first, *self.examined.findings, *self._preflight.findings(self.examined))

    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Bring every panel up to date."""
        if not self.query("#head"):
            return
        editor, found = self.editor, self.examined
        findings, row = self.findings, editor.cursor_location[0]
        editor.mark(findings)
        checked = found.text == editor.text
        head, problems = self.query_one("#head", TextLines), self.query_one("#problems", ScrollLines)
        head.show([head_line(self.document, self.unsaved, self._preflight.asking)])
        problems.border_title = problems_title(findings)
        problems.show(problem_lines(findings, problems.size.width, row + 1, checked))
        plan, key = self.query_one("#plan", ScrollLines), self.query_one("#key", ScrollLines)
        name = found.loaded.task.task_name if found.loaded else ""
        plan.show(plan_view(found.plan, name, plan.size.width))
        words = words_for(place_at(editor.text, *editor.cursor_location, self.document.kind), found.engine)
        key.show(key_lines(words, key.size.width))
        self.query_one(Footer).repaint()

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

    def do_panel(self) -> None:
        """The next panel; on a narrow terminal the text is one of them."""
        panels = self.query_one("#panels")
        shown = next((name for name in ("editor", *PANELS) if panels.has_class(f"-show-{name}")), PANELS[0])
        order = ("editor", *PANELS) if self.has_class("-narrow") else PANELS
        following = order[(order.index(shown if shown in order else order[0]) + 1) % len(order)]
        panels.remove_class(f"-show-{shown}")
        panels.add_class(f"-show-{following}")
        self.tick_soon()

    def do_scroll(self) -> None:
        """Further in the plan."""
        self.query_one("#plan", ScrollLines).page()

    @work(exclusive=True, group="parameters")
    async def do_parameters(self) -> None:
        """Offer the engine's parameters, and put the chosen one in."""
        from autotuner_tui.editing.offered import insertion, names_in
        from autotuner_tui.screens.parameters import ParametersScreen

        engine, editor = self.examined.engine, self.editor
        if engine is None:
            self.say("the engine is a command of your own: its parameters are not known")
            return
        kind = self.document.kind
        info = await self.answer(ParametersScreen(engine, names_in(editor.text, kind)))
        if info is None:
            return
        put = insertion(editor.text, info, kind, editor.cursor_offset)
        place = editor.place_of(put.offset)
        end = editor.insert(put.text, place).end_location
        editor.move_cursor(end)
        editor.focus()

    def do_start(self) -> None:
        """Start the run: work of the program, which goes on where this screen is left meanwhile."""
        from autotuner_tui.screens.starting import start_run

        self.app.run_worker(start_run(self))

    def is_saved(self) -> None:
        """What is not right yet is told with it."""
        errors = self.examined.errors
        said = f"; {errors} error{'s'[: errors != 1]}: it cannot be started yet" if errors else ""
        self.say(f"saved {self.document.path}{said}")
        self._remember()
        self.look()

    @work(thread=True, group="remember")
    def _remember(self) -> None:
        if self.document.path is not None:
            with suppress(OSError):  # a list that cannot be written costs nothing but itself
                remember_task(self.document.path)
