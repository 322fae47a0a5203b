"""Keys of a live view: what each asks for, what is asked back, and what can be asked for at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.live.footer import Footer
from autotuner_tui.live.keys import (
    AT_ONCE_QUESTION,
    DETACH,
    KEYS,
    STOP_QUESTION,
    Dialogue,
    Impossible,
    Request,
    hint_line,
)
from autotuner_tui.live.situation import Situation, situation_of
from recordings import beginning, scored, stamped

NOW = Situation(running=(3,), failed=1)


def typed(keys: str, now: Situation = NOW) -> list[Request]:
    dialogue = Dialogue()
    return [request for key in keys if (request := dialogue.press(key, now)) is not None]


@pytest.mark.parametrize(
    ("keys", "now", "expected"),
    [
        ("p", NOW, Request("pause")),
        ("p", replace(NOW, paused=True), Request("resume")),
        ("S", NOW, Request("skip", {"experiments": [3]})),
        ("r", NOW, Request("rerun", {"failed": True})),
        ("xy", NOW, Request("stop", {"now": False})),
        ("xx", NOW, Request("stop", {"now": False})),
        ("xy", replace(NOW, stopping=True), Request("stop", {"now": True})),
        ("D", NOW, Request(DETACH)),
        ("q", NOW, Request(DETACH)),
    ],
)
def test_each_key_asks_for_one_thing(keys: str, now: Situation, expected: Request) -> None:
    assert typed(keys, now) == [expected]


def test_a_stop_is_asked_back_in_words_and_any_other_key_is_a_no() -> None:
    dialogue = Dialogue()
    assert dialogue.press("x", NOW) is None
    assert dialogue.question == (STOP_QUESTION,) and "results are saved" in STOP_QUESTION
    assert dialogue.press("p", NOW) is None and dialogue.question == ()
    assert dialogue.press("p", NOW) == Request("pause"), "the key that said no is not taken twice"


def test_a_view_that_has_seen_the_stop_says_that_a_second_one_kills_before_it_asks_for_that() -> None:
    """Whoever stopped the run: it may have been somebody else."""
    dialogue, stopping = Dialogue(), replace(NOW, stopping=True)
    assert dialogue.press("x", stopping) is None
    assert dialogue.question == (AT_ONCE_QUESTION,) and "killed" in AT_ONCE_QUESTION
    assert dialogue.press("n", stopping) is None and dialogue.question == ()
    dialogue.press("x", NOW)
    assert dialogue.press("y", stopping) == Request("stop", {"now": False}), "it was asked about a polite stop"


def test_which_of_several_experiments_is_skipped_is_asked_for_by_number() -> None:
    several = replace(NOW, running=(3, 12))
    assert typed("S12\r", several) == [Request("skip", {"experiments": [12]})]
    assert typed("S19\x7f2\n", several) == [Request("skip", {"experiments": [12]})]
    assert typed("S1\x1b", several) == typed("S\r", several) == []
    dialogue = Dialogue()
    dialogue.press("S", several)
    dialogue.refresh(replace(several, running=(4, 12)))
    assert "(4, 12)" in dialogue.question[0], "it names what is under way now"
    assert typed("S1\x1bS3\r", several) == [Request("skip", {"experiments": [3]})]


@pytest.mark.parametrize(
    ("key", "now", "words"),
    [
        ("S", replace(NOW, running=()), "no experiment is under way"),
        ("r", replace(NOW, failed=0), "no experiment has failed"),
        ("p", replace(NOW, stopping=True), "being stopped"),
        *((key, replace(NOW, steerable=False), "only looks") for key in "pSrx"),
    ],
)
def test_a_key_that_can_do_nothing_says_why(key: str, now: Situation, words: str) -> None:
    with pytest.raises(Impossible, match=words):
        Dialogue().press(key, now)
    assert f"  {key} " not in f"  {hint_line(now, 200)}", "and is not offered"


def test_the_hints_fit_and_always_tell_how_to_leave_and_to_learn_the_rest() -> None:
    for columns in (20, 39, 60, 79):
        for now in (NOW, replace(NOW, own=True), replace(NOW, steerable=False)):
            line = hint_line(now, columns)
            assert len(line) <= columns and "D detach  ? keys" in line
    assert hint_line(NOW, 39).startswith("p pause  x stop"), "to stop it is kept longer than to skip"
    assert "Ctrl+C stop" in hint_line(replace(NOW, own=True), 100)
    assert "the run goes on" in hint_line(replace(NOW, keys=False), 100)


def test_the_help_names_every_key_and_one_key_has_one_meaning() -> None:
    dialogue = Dialogue()
    dialogue.press("?", NOW)
    assert len({key.key for key in KEYS}) == len(KEYS)
    assert all(any(line.startswith(f"{key.key}  ") for line in dialogue.question) for key in KEYS)
    dialogue.press("x", NOW)
    assert dialogue.question == (), "the key that closes the help does nothing else"


def test_what_can_be_asked_for_follows_from_the_record() -> None:
    def now(events: list[ev.Event]) -> Situation:
        return situation_of(RunState.of(stamped(events)), steerable=True, own=False, keys=True)

    failed = ev.AttemptEnded(experiment=2, attempt=1, outcome="failed", cause="crash", message="exit code 1")
    events = [*beginning(3), *scored(1, 100.0), ev.AttemptStarted(experiment=2, attempt=1)]
    assert now(events).running == (2,)
    assert now([*events, failed]).failed == 1 and now([*events, failed]).running == ()
    assert now([*events, ev.Paused()]).paused
    stop = ev.StopAsked()
    assert now([*events, stop]).stopping, "another view has stopped it"
    again = ev.HostStarted(pid=2, host="here", started=1.0, token="ab12-token", resumed=True)
    assert not now([*events, stop, again]).stopping, "the stop was of an earlier host"
    assert not now([*events, ev.RunEnded(reason="completed")]).steerable


def test_while_something_is_asked_back_no_key_is_offered_that_would_mean_something_else() -> None:
    assert [line.plain for line in Footer().lines(NOW, ("Stop?",), None, 38)] == ["Stop?"]


def test_the_host_of_a_run_on_another_machine_is_named_with_the_place_to_steer() -> None:
    from autotuner_core.run.holders import Holder

    lines = Footer().lines(NOW, (), Holder("gpu7", 4711, 1.0, "ab12"), 38)
    assert "process 4711 on gpu7; steer it there" in " ".join(line.plain for line in lines)
    assert all(line.cell_len <= 38 for line in lines)
