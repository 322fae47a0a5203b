"""Lines of styled text on the screen: the one mechanism under tables, logs, charts and all other panels.

A widget says which lines are visible now; only those that differ from what stands there are painted anew, and of them
only the cells that differ are sent (`terminal/`). Text from outside is never parsed as markup, and control characters
in it are shown as a dot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.css.styles import RenderStyles
from textual.dom import DOMNode
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Piece(NamedTuple):
    """Text in one style. `style` is one of STYLES, or several joined by a space; empty is plain."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]
"""One row of the screen, from left to right; what does not fit is cut."""

STYLES = ("accent", "good", "warn", "bad", "busy", "dim", "strong", "cursor", "marked", "found")
"""good, warn, bad, busy are for states alone; accent for what is the person's own place; none is the only sign."""

DECORATIONS = ("strong", "cursor", "found")
"""These are laid over a colour: each sets what it is about and leaves the rest."""

EMPTY: Line = ()


def line(*parts: str | Piece | tuple[str, str]) -> Line:
    """A line of these parts: `line("12 ", ("ok", "good"))`."""
    return tuple(Piece(part) if isinstance(part, str) else Piece(*part) for part in parts)


def width_of(shown: Line) -> int:
    """Cells that the line takes."""
    return sum(cell_len(piece.text) for piece in shown)


def plain_text(shown: Line) -> str:
    """The line without its styles."""
    return "".join(piece.text for piece in shown)


def neutral(text: str) -> str:
    """The text with every control character (escape sequences begin with one) as a middle dot, and tabs as spaces.
    Without what asks for a character's other form (as an emoji), on whose width terminals do not agree."""
    text = text.replace("\ufe0f", "")
    return text if text.isprintable() else dotted(text.expandtabs(8))


def dotted(text: str) -> str:
    """The text with a middle dot for every control character but tabs: as long as it was."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else "·" for c in text)


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells, cut with an ellipsis where it is longer."""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    return " " * (width - cells) + text if right else text + " " * (width - cells)


def shortened(text: str, width: int, *, end: int = 3) -> str:
    """The text in at most `width` cells, cut in its middle: names that begin alike are told apart by their ends, of
    which `end` characters are kept."""
    if cell_len(text) <= width or width < 3:
        return fitted(text, min(width, cell_len(text)))
    end = min(end, (width - 1) // 2)
    return f"{text[: width - 1 - end]}…{text[-end:]}"


class LinesView(Widget):
    """Base of all widgets that show data. Subclasses override `visible_lines` and call `repaint` when it may have
    changed; nothing is sent where it has not."""

    DEFAULT_CSS = """
    LinesView {
        height: 1fr;
        & > .line--accent { color: $accent; }
        & > .line--good { color: $text-success; }
        & > .line--warn { color: $text-warning; }
        & > .line--bad { color: $text-error; }
        & > .line--busy { color: $text-primary; }
        & > .line--dim { color: $text-muted; }
        & > .line--strong { text-style: bold; }
        & > .line--cursor { background: $surface-lighten-1; text-style: bold; }
        & > .line--marked { color: $accent; text-style: bold; }
        & > .line--found { text-style: reverse; }
        &:ansi > .line--cursor { text-style: reverse; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: list[Line] = []
        self._titles = ("", "")
        self._styles_of: dict[str, Style] = {}

    def entitle(self, title: str, subtitle: str = "") -> None:
        """Show these in the border; sent only where they differ from what stands there."""
        if (title, subtitle) != self._titles:
            self._titles = (title, subtitle)
            self.border_title, self.border_subtitle = Text(title), Text(subtitle)

    def visible_lines(self) -> Sequence[Line]:
        """What is to stand in the `size.height` rows now, from the top; missing rows are empty."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Bring the screen to `visible_lines`, row by row, changed cells alone."""
        if not self.is_attached or not self.size.height:
            return
        before, now = self._shown, list(self.visible_lines())[: self.size.height]
        self._shown = now
        last = max(len(before), len(now))
        changed = [y for y in range(last) if _at(before, y) != _at(now, y)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Called by Textual for a row that is to be painted."""
        shown = self._shown[y] if y < len(self._shown) else EMPTY
        segments = [Segment(piece.text, self._style(piece.style)) for piece in shown]
        base = self._style("")
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _style(self, names: str) -> Style:
        known = self._styles_of.get(names)
        if known is None:
            parts = names.split()
            colours = [f"line--{name}" for name in parts if name not in DECORATIONS]
            known = self.get_component_rich_style(*colours) if colours else self.rich_style
            for name in (name for name in parts if name in DECORATIONS):
                known += self.get_component_rich_style(f"line--{name}", partial=True)
            self._styles_of[names] = known
        return known

    def get_component_styles(self, *names: str) -> RenderStyles:
        """Made when it is first shown. Textual makes all that are in COMPONENT_CLASSES whenever any may have changed:
        ten for each of these widgets, which took longer than to lay the screen out."""
        for name in names:
            if name not in self._component_styles:
                node = DOMNode(classes=name)
                node._attach(self)
                self.app.stylesheet.apply(node, animate=False)
                self._component_styles[name] = node.styles
        return super().get_component_styles(*names)

    def notify_style_update(self) -> None:
        """The theme or a class has changed: styles are asked for anew."""
        self._styles_of.clear()
        self._component_styles.clear()
        super().notify_style_update()

    def on_resize(self, event: Resize) -> None:
        """Another size shows another part."""
        self._shown = list(self.visible_lines())[: self.size.height]
        self.refresh()

    def on_mount(self) -> None:
        """First lines."""
        self.repaint()


def _at(lines: Sequence[Line], y: int) -> Line:
    return lines[y] if y < len(lines) else EMPTY


def texts(lines: Iterable[Line]) -> list[str]:
    """The lines without their styles, for tests and copies."""
    return [plain_text(shown) for shown in lines]
