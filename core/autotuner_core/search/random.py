"""Random search: configurations drawn without replacement."""

from __future__ import annotations

import random
from collections.abc import Iterable

from autotuner_core.search.base import Configuration, key_of
from autotuner_core.search.listed import ListSearch


class RandomSearch(ListSearch):
    """Draws from `configurations` in an order that depends on `seed` and on nothing else (not on the order in which
    they are given), `trials` of them at most. `first` (the baseline) comes before all and counts as one trial."""

    def __init__(
        self,
        configurations: Iterable[Configuration],
        seed: int,
        trials: int | None = None,
        first: Iterable[Configuration] = (),
    ) -> None:
        drawn = sorted(configurations, key=key_of)
        random.Random(seed).shuffle(drawn)
        ahead = list(first)
        known = {key_of(configuration) for configuration in ahead}
        fresh = [configuration for configuration in drawn if key_of(configuration) not in known]
        super().__init__([*ahead, *fresh][:trials])
