"""What is worth asking again, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from autotuner_core.kube.errors import KubeError

if TYPE_CHECKING:
    from tenacity import RetryCallState

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 30.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LONGEST_ASKED = 30.0
"""Of the pauses that a server asks for (Retry-After), in seconds."""


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True)
class Patience:
    """How long a call is tried again when the API server is busy (429, 5xx), away, or its webhooks are not ready yet.
    `wait` sleeps between two tries, and may raise to end them; `tell` is given a line before the first
    one, and where the reason is another by then."""

    seconds: float = PATIENCE_SECONDS
    wait: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = _silent

    def changed(
        self, seconds: float | None, wait: Callable[[float], None] | None, tell: Callable[[str], None] | None
    ) -> Patience:
        """The same, save what is given."""
        return Patience(self.seconds if seconds is None else seconds, wait or self.wait, tell or self.tell)

    def call(self, once: Callable[[], Answer]) -> Answer:
        """What `once` gives, tried again as long as that is of use. Raises KubeError, and what `wait` raises."""
        try:
            return once()
        except KubeError as error:
            if not error.worth_retrying or self.seconds <= 0:
                raise
            self.tell(f"the API server is asked again for up to {self.seconds:g} s: {error}")
            self.wait(max(FIRST_PAUSE, _asked(error)))
            first = error
        return self._again(once, first)

    def _again(self, once: Callable[[], Answer], told: KubeError) -> Answer:
        import tenacity

        def tell_another(state: RetryCallState) -> None:
            nonlocal told
            error = state.outcome.exception() if state.outcome is not None else None
            if isinstance(error, KubeError) and (error.status, error.reason) != (told.status, told.reason):
                self.tell(f"the API server is asked again: {error}")
                told = error

        def is_worth_it(error: BaseException) -> bool:
            return isinstance(error, KubeError) and error.worth_retrying

        def pause(state: RetryCallState) -> float:
            growing = tenacity.wait_exponential(FIRST_PAUSE, LONGEST_PAUSE) + tenacity.wait_random(0, FIRST_PAUSE)
            return max(growing(state), _asked(state.outcome.exception() if state.outcome is not None else None))

        retrying = tenacity.Retrying(
            sleep=self.wait,
            stop=tenacity.stop_after_delay(self.seconds),
            wait=pause,
            retry=tenacity.retry_if_exception(is_worth_it),
            before_sleep=tell_another,
            reraise=True,
        )
        return retrying(once)


def _asked(error: BaseException | None) -> float:
    """The pause that the API server asked for (Retry-After), in seconds."""
    return min(error.retry_after, LONGEST_ASKED) if isinstance(error, KubeError) else 0.0
