"""A search whose proposals are known beforehand: it goes through a list."""

from __future__ import annotations

from collections.abc import Iterable

from autotuner_core.search.base import Configuration, TrialOutcome, key_of


class ListSearch:
    """Proposes the configurations of a list in its order, each once, whatever it is told."""

    lookahead: int | None = None

    def __init__(self, configurations: Iterable[Configuration]) -> None:
        unique: dict[str, Configuration] = {}
        for configuration in configurations:
            unique.setdefault(key_of(configuration), configuration)
        self._left = list(reversed(unique.values()))
        self._history: list[tuple[Configuration, TrialOutcome]] = []

    def ask(self) -> Configuration | None:
        return self._left.pop() if self._left else None

    def tell(self, configuration: Configuration, outcome: TrialOutcome) -> None:
        self._history.append((configuration, outcome))

    @property
    def is_converged(self) -> bool:
        return not self._left

    @property
    def convergence_reason(self) -> str:
        return "every configuration was proposed" if self.is_converged else ""

    @property
    def history(self) -> list[tuple[Configuration, TrialOutcome]]:
        return list(self._history)
