"""A task: its text, what is wrong with it, what a run of it would do."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import TextArea

from autotuner_tui.editing.cursor_place import place_at
from autotuner_tui.editing.key_words import words_for
from autotuner_tui.places import TASK
from autotuner_tui.screens.checked import CheckedScreen
from autotuner_tui.views.task import head_line, key_lines, plan_view, problem_lines, problems_title
from autotuner_tui.widgets.footer import Footer
from autotuner_tui.widgets.scroll_lines import ScrollLines
from autotuner_tui.widgets.task_editor import TaskEditor
from autotuner_tui.widgets.text_lines import TextLines

PANELS = ("problems", "plan", "key")


class TaskScreen(CheckedScreen):
    """Text and panels; which have room, the style says."""

    PLACE: ClassVar[str] = TASK
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-normal"), (130, "-wide")]
    CSS_PATH = "../styles/task.tcss"

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
        self.begin_to_look()
        self.query_one("#plan").border_title = "Plan"
        self.query_one("#key").border_title = "This key"
        if self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0]:
            self.query_one("#panels").set_classes("-show-editor")
        self.editor.focus()
        self.tell_draft()
        self.look()

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
        head.show([head_line(self.document, self.unsaved, self.preflight.asking)])
        problems.border_title = problems_title(findings)
        problems.show(problem_lines(findings, problems.size.width, row + 1, checked))
        plan, key = self.query_one("#plan", ScrollLines), self.query_one("#key", ScrollLines)
        name = found.loaded.task.task_name if found.loaded else ""
        plan.show(plan_view(found.plan, name, plan.size.width))
        words = words_for(place_at(editor.text, *editor.cursor_location, self.document.kind), found.engine)
        key.show(key_lines(words, key.size.width))
        self.query_one(Footer).repaint()

    # ---- actions

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
        self.remember()
        self.look()
