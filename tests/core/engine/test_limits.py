"""A run never burns hours that it was not given, nor a night on a broken machine."""

from __future__ import annotations

from dataclasses import replace

from autotuner_core.engine.budget import Budget
from autotuner_core.engine.trouble import trouble_of
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState


def state_of(*events: ev.Event, step: float = 10.0) -> RunState:
    start = (
        ev.RunStarted(run_id="ab12", task={}, plan={}),
        *(ev.ExperimentQueued(experiment=number, parameters={"a": number}) for number in range(1, 7)),
    )
    everything = [*start, *events]
    return RunState.of(replace(event, seq=n, ts=1000.0 + step * n) for n, event in enumerate(everything, 1))


def ended(experiment: int, cause: str | None, will_retry: bool = False, attempt: int = 1) -> tuple[ev.Event, ...]:
    end = ev.AttemptEnded(
        experiment=experiment,
        attempt=attempt,
        outcome="failed" if cause else "scored",
        cause=cause,
        message="it broke",
        cure="mend it",
        will_retry=will_retry,
    )
    return *begun(experiment, attempt), end


def begun(experiment: int, attempt: int = 1) -> tuple[ev.Event, ...]:
    """An attempt that waits 10 s for its GPUs and then has them."""
    return (
        ev.AttemptStarted(experiment=experiment, attempt=attempt, gpu_count=4),
        ev.StageChanged(experiment=experiment, attempt=attempt, stage="waiting", gpus=("0", "1", "2", "3")),
    )


def test_three_failures_of_the_surroundings_in_a_row_are_trouble() -> None:
    events = [*ended(1, "unschedulable"), *ended(2, "unschedulable"), *ended(3, "unschedulable")]
    trouble = trouble_of(state_of(*events))
    assert trouble is not None and trouble.by == "surroundings"
    assert "unschedulable" in trouble.message and "it broke" in trouble.message and "mend it" in trouble.message


def test_a_success_between_is_no_trouble() -> None:
    events = [*ended(1, "unschedulable"), *ended(2, "unschedulable"), *ended(3, None), *ended(4, "unschedulable")]
    assert trouble_of(state_of(*events)) is None


def test_different_causes_are_no_trouble() -> None:
    events = [*ended(1, "unschedulable"), *ended(2, "benchmark_failed"), *ended(3, "unschedulable")]
    assert trouble_of(state_of(*events)) is None


def test_configurations_that_fail_by_themselves_never_stop_a_run() -> None:
    events = [event for number in range(1, 6) for event in ended(number, "crash")]
    assert trouble_of(state_of(*events)) is None


def test_a_full_disk_is_trouble_at_once() -> None:
    """No other experiment can escape it, and each would be held up by its retries."""
    trouble = trouble_of(state_of(*ended(1, None), *ended(2, "storage_full")))
    assert trouble is not None and trouble.by == "surroundings"
    assert trouble.message == "storage_full: it broke. mend it"


def test_retries_of_one_experiment_are_one_failure() -> None:
    events = [event for n in (1, 2, 3) for event in ended(1, "unschedulable", will_retry=n < 3, attempt=n)]
    assert trouble_of(state_of(*events)) is None


def test_lost_access_is_trouble_at_once() -> None:
    trouble = trouble_of(state_of(*ended(1, "credentials_expired")))
    assert trouble is not None and trouble.by == "access"


def test_trouble_that_was_cured_does_not_count_again() -> None:
    events = [*ended(1, "unschedulable"), *ended(2, "unschedulable"), *ended(3, "unschedulable")]
    assert trouble_of(state_of(*events, ev.Resumed())) is None
    resumed = ev.HostStarted(pid=1, host="h", started=1.0, token="t", resumed=True)
    assert trouble_of(state_of(*events, resumed)) is None


def test_nothing_starts_that_would_go_beyond_max_hours() -> None:
    state = state_of(*ended(1, None))  # took 20 s, 90 s elapsed
    assert Budget(111 / 3600, None, 1.0).refuses(state, state.last_ts, 1) is None
    refused = Budget(109 / 3600, None, 1.0).refuses(state, state.last_ts, 1)
    assert refused is not None and "max_hours" in refused


def test_before_the_first_result_the_plans_forecast_decides() -> None:
    state = state_of()
    assert Budget(1.0, None, 30.0).refuses(state, state.last_ts, 1) is None
    assert Budget(1.0, None, 4000.0).refuses(state, state.last_ts, 1) is not None


def test_gpu_hours_count_what_runs_and_what_it_will_still_take() -> None:
    state = state_of(*ended(1, None), *begun(2))
    # experiment 1: 40 GPU-seconds in 20 s; experiment 2: 0 so far and 40 to come; the new one: 80 at most
    assert Budget(None, 161 / 3600, 1.0).refuses(state, state.last_ts, 4) is None
    assert Budget(None, 159 / 3600, 1.0).refuses(state, state.last_ts, 4) is not None
    assert Budget(None, 159 / 3600, 1.0).refuses(state, state.last_ts, 0) is None


def test_at_the_limit_what_runs_is_ended() -> None:
    state = state_of(*begun(1))  # 80 s elapsed
    budget = Budget(110 / 3600, 80 / 3600, 1.0)
    assert budget.spent(state, state.last_ts + 19) is None
    assert budget.seconds_left(state, state.last_ts + 19) == 1.0
    assert budget.spent(state, state.last_ts + 20) is not None
