"""The warm process is replaced when it is dead, once, and nobody waits for its end without being heard."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from autotuner_core.benchmark.warm_keeper import WarmKeeper
from autotuner_core.control import Control, Interrupted, Scope
from recordings import Kept
from waiting import wait_for


class Warm:
    """As much of a warm process as its keeper sees. A dead one ends when it is let go."""

    def __init__(self) -> None:
        self.dead, self.ready, self.ended = False, True, False
        self.let_go = threading.Event()
        self.ending = threading.Event()
        self.group = type("Group", (), {"pid": 1, "started": 1.0})

    def close(self) -> None:
        self.ending.set()
        self.let_go.wait(60)
        self.ended = True


@pytest.fixture
def made() -> list[Warm]:
    return []


@pytest.fixture
def recorder() -> Kept:
    return Kept()


@pytest.fixture
def keeper(made: list[Warm], recorder: Kept) -> WarmKeeper:
    def start() -> Any:
        made.append(Warm())
        return made[-1]

    return WarmKeeper(start, recorder, "token")


def test_a_dead_one_is_replaced_once_for_all_who_ask_and_the_record_knows_the_new_one(
    keeper: WarmKeeper, made: list[Warm], recorder: Kept
) -> None:
    keeper.get(Scope(Control()))
    made[0].dead = True
    got: list[Any] = []
    asking = [threading.Thread(target=lambda: got.append(keeper.get(Scope(Control())))) for _ in range(8)]
    for thread in asking:
        thread.start()
    assert made[0].ending.wait(30)
    made[0].let_go.set()
    for thread in asking:
        thread.join(30)
    assert len(made) == 2 and got == [made[1]] * 8 and made[0].ended and not made[1].ended
    types = [event.type for event in recorder.events]
    assert types == ["ResourceIntended", "ResourceCreated", "ResourceRemoved", "ResourceIntended", "ResourceCreated"]


def test_an_experiment_that_waits_for_a_dead_one_to_end_hears_a_skip(keeper: WarmKeeper, made: list[Warm]) -> None:
    control = Control()
    keeper.get(control.scope(1))
    made[0].dead = True
    ends_it = threading.Thread(target=lambda: keeper.get(Scope(Control())), daemon=True)
    ends_it.start()
    assert made[0].ending.wait(30)
    heard = threading.Event()

    def wait() -> None:
        with pytest.raises(Interrupted):
            keeper.get(control.scope(2))
        heard.set()

    threading.Thread(target=wait, daemon=True).start()
    control.skip(2)
    wait_for(heard.is_set, what="the skip to be heard")
    made[0].let_go.set()
    ends_it.join(30)
