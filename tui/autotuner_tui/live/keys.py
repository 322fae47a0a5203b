"""From keys to requests: one key has one meaning, what costs a measurement is asked back in words. Nothing here touches
a terminal or a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autotuner_tui.live.situation import Situation

DETACH = "detach"
ENTER, ERASE = ("\r", "\n"), ("\x7f", "\b")
LONGEST_NUMBER = 6
YES = ("y", "Y", "x")
FIRST_KEPT = ("D", "?", "x", "p", "S", "Ctrl+C", "r")
"""Which hints a narrow terminal keeps first."""

NO_KEYS = "Ctrl+C leaves this view; the run goes on"
NO_KEYS_OWN = "Ctrl+C stops the run; it goes on where this terminal is closed"

STOP_QUESTION = (
    "Stop the run? What is measured now ends without a score, servers are shut down, results are saved;"
    " `resume` goes on later. y: stop, any other key: no"
)
AT_ONCE_QUESTION = (
    "The run is being stopped already. End it at once? What still runs is killed instead of shut down, results are"
    " saved. y: at once, any other key: no"
)


@dataclass(frozen=True)
class Request:
    """What is wanted: a command of the control socket, or DETACH."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """A key, its word in the line of hints, its line in the help, and when it can do something."""

    key: str
    hint: Callable[[Situation], str]
    help: str
    possible: Callable[[Situation], bool]


KEYS = (
    Key(
        "p",
        lambda now: "resume" if now.paused else "pause",
        "pause: finish what is measured, start nothing new; again: resume",
        lambda now: now.steerable and not now.stopping,
    ),
    Key(
        "S",
        lambda now: "skip",
        "skip the experiment under way: it ends without a score",
        lambda now: now.steerable and not now.stopping and bool(now.running),
    ),
    Key(
        "r",
        lambda now: "re-run failed",
        "measure all failed experiments once more, at the end",
        lambda now: now.steerable and not now.stopping and bool(now.failed),
    ),
    Key(
        "x",
        lambda now: "stop at once" if now.stopping else "stop",
        "stop the run: clean up and save; once more while it stops: at once (both are asked back)",
        lambda now: now.steerable,
    ),
    Key("D", lambda now: "detach", "leave this view (q too); the run goes on", lambda now: True),
    Key("?", lambda now: "keys", "this help", lambda now: True),
)


class Dialogue:
    """The keys of one view. `question` is what is being asked back, or the help; empty where nothing is."""

    def __init__(self) -> None:
        self.question: tuple[str, ...] = ()
        self._answer: Callable[[str, Situation], Request | None] | None = None
        self._number = ""

    def press(self, key: str, now: Situation) -> Request | None:
        """Take a key; the request that it completes, if it does. Raises Impossible, in words."""
        if self._answer is not None:
            return self._answer(key, now)
        key = "D" if key == "q" else key
        known = next((known for known in KEYS if known.key == key), None)
        if known is None:
            return None
        if not known.possible(now):
            raise Impossible(_why_not(known, now))
        return self._meaning(known.key, now)

    def refresh(self, now: Situation) -> None:
        """Have a question that names what is under way name what is so now."""
        if self._answer == self._which:
            self._ask_which(now)

    def _meaning(self, key: str, now: Situation) -> Request | None:
        if key == "x":
            return self._ask_at_once() if now.stopping else self._ask([STOP_QUESTION], self._stop)
        if key == "?":
            return self._ask([*(f"{known.key}  {known.help}" for known in KEYS), "any key closes this"], self._close)
        if key == "S" and len(now.running) > 1:
            return self._ask_which(now)
        return {
            "D": Request(DETACH),
            "p": Request("resume" if now.paused else "pause"),
            "r": Request("rerun", {"failed": True}),
            "S": Request("skip", {"experiments": list(now.running)}),
        }[key]

    # ---- questions: none of them is a request yet

    def _ask(self, lines: list[str], answer: Callable[[str, Situation], Request | None]) -> Request | None:
        self.question, self._answer = tuple(lines), answer
        return None

    def _close(self, key: str, now: Situation) -> Request | None:
        self.question, self._answer, self._number = (), None, ""
        return None

    def _stop(self, key: str, now: Situation) -> Request | None:
        """Whoever else has asked for a stop meanwhile: this person has not been told of more than a polite one."""
        self._close(key, now)
        return Request("stop", {"now": False}) if key in YES else None

    def _ask_at_once(self) -> Request | None:
        return self._ask([AT_ONCE_QUESTION], self._at_once)

    def _at_once(self, key: str, now: Situation) -> Request | None:
        self._close(key, now)
        return Request("stop", {"now": True}) if key in YES else None

    def _ask_which(self, now: Situation) -> Request | None:
        under_way = ", ".join(map(str, now.running))
        asked = f"Skip which experiment ({under_way})? Number and Enter, Esc: none: {self._number}"
        return self._ask([asked], self._which)

    def _which(self, key: str, now: Situation) -> Request | None:
        number = self._number
        if key in ENTER and number:
            self._close(key, now)
            return Request("skip", {"experiments": [int(number)]})
        if key.isdigit() and key.isascii() and len(number) < LONGEST_NUMBER:
            self._number += key
        elif key in ERASE:
            self._number = number[:-1]
        else:
            return self._close(key, now)
        return self._ask_which(now)


class Impossible(Exception):
    """The key can do nothing now; the message says why."""


def _why_not(known: Key, now: Situation) -> str:
    if not now.steerable:
        return "this view only looks"
    if now.stopping:
        return "the run is being stopped"
    return {"S": "no experiment is under way", "r": "no experiment has failed"}[known.key]


def hint_line(now: Situation, columns: int) -> str:
    """The keys that can do something now, as many as there is room for: how to leave, to learn the rest and to stop
    first."""
    if not now.keys:
        return NO_KEYS_OWN if now.own else NO_KEYS
    hints = {known.key: f"{known.key} {known.hint(now)}" for known in KEYS if known.possible(now)}
    hints["Ctrl+C"] = "Ctrl+C stop" if now.own else "Ctrl+C leave"
    kept: list[str] = []
    for key in FIRST_KEPT:
        shown = [hint for known, hint in hints.items() if known in (*kept, key)]
        if key in hints and len("  ".join(shown)) <= columns:
            kept.append(key)
    return "  ".join(hint for key, hint in hints.items() if key in kept)
