"""What a person can do in tables, texts and logs, whichever screen they are in."""

from __future__ import annotations

from autotuner_tui.actions import Action
from autotuner_tui.places import LOG, TABLE, TEXT, at

TABLE_ACTIONS = (
    Action("down", ("j", "down"), at(TABLE), "", "down"),
    Action("up", ("k", "up"), at(TABLE), "", "up"),
    Action("page_down", ("pagedown", "ctrl+f"), at(TABLE), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), at(TABLE), "", "a page up"),
    Action("top", ("g", "home"), at(TABLE), "", "to the first row"),
    Action("bottom", ("G", "end"), at(TABLE), "", "to the last row"),
    Action("mark", ("space",), at(TABLE), "mark", "mark the row, or take its mark away", rank=45),
    Action("filter", ("slash",), at(TABLE), "filter", "show only the rows that have these words", rank=44),
    Action("sort", ("o",), at(TABLE), "sort", "order by the next column", rank=46),
    Action("reverse", ("O",), at(TABLE), "", "turn the order round"),
    Action("left", ("h", "left"), at(TABLE), "", "columns that were scrolled away"),
    Action("right", ("right",), at(TABLE), "", "columns for which there is no room"),
)

TEXT_ACTIONS = (
    Action("down", ("j", "down"), at(TEXT), "", "a line down"),
    Action("up", ("k", "up"), at(TEXT), "", "a line up"),
    Action("page_down", ("pagedown", "ctrl+f", "space"), at(TEXT), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), at(TEXT), "", "a page up"),
    Action("top", ("g", "home"), at(TEXT), "", "to the beginning"),
    Action("bottom", ("G", "end"), at(TEXT), "", "to the end"),
)

LOG_ACTIONS = (
    Action("down", ("j", "down"), at(LOG), "", "a line down"),
    Action("up", ("k", "up"), at(LOG), "", "a line up"),
    Action("page_down", ("pagedown", "ctrl+f"), at(LOG), "", "a page down"),
    Action("page_up", ("pageup", "ctrl+b"), at(LOG), "", "a page up"),
    Action("top", ("g", "home"), at(LOG), "", "to the beginning"),
    Action("bottom", ("G", "end"), at(LOG), "", "to the end, and follow"),
    Action("left", ("h", "left"), at(LOG), "", "to the left"),
    Action("right", ("right",), at(LOG), "", "to the right"),
    Action("find", ("slash",), at(LOG), "find", "find a text in the whole log", rank=44),
    Action("only", ("ampersand",), at(LOG), "", "only the lines that have the text looked for, or all again"),
    Action("find_next", ("n",), at(LOG), "", "the next place where it stands"),
    Action("find_last", ("N",), at(LOG), "", "the place before"),
    Action("follow", ("s",), at(LOG), "follow", "follow the end, or stay where you read", rank=45),
    Action("wrap", ("w",), at(LOG), "wrap", "wrap long lines, or cut them", rank=46),
    Action("timestamps", ("t",), at(LOG), "times", "show or hide when a line came", rank=47),
    Action("back", ("escape",), at(LOG), "", "end the search; where there is none: go back"),
    Action("full", ("f",), at(LOG), "full", "the log on the whole screen, and back", rank=48),
)
