"""Events in any order, also in one that no run would have: whoever folds them in pieces must come to the same."""

from __future__ import annotations

from hypothesis import strategies as st

from autotuner_core.run import events as ev
from recordings import PLAN, TASK

MAXIMIZE, MINIMIZE = "maximize_throughput", "minimize_latency"
numbers = st.integers(1, 4)
attempts = st.integers(1, 2)
scores = st.one_of(st.none(), st.sampled_from((0.0, 1.0, 2.0)), st.floats(allow_nan=False, allow_infinity=False))


def begun(objective: str, baseline: int | None) -> ev.Event:
    task = {**TASK, "optimization": {**TASK["optimization"], "objective": objective}}
    return ev.RunStarted(run_id="ab12", task=task, plan={**PLAN, "baseline": baseline})


def ended(experiment: int, attempt: int, outcome: str, score: float | None, level: bool, again: bool) -> ev.Event:
    metrics = {"output_throughput": score, "basis": "level" if level else "window"}
    return ev.AttemptEnded(
        experiment=experiment, attempt=attempt, outcome=outcome, score=score, feasible=(score or 0) > 1,
        miss=abs(score or 0.0), metrics=metrics, will_retry=again, cause="crash",
    )  # fmt: skip


outcomes = st.sampled_from(("scored", "scored", "scored", "failed", "skipped", "pruned", "interrupted"))
ends = st.builds(ended, numbers, attempts, outcomes, scores, st.booleans(), st.booleans())
measured = st.builds(
    lambda end: (ev.AttemptStarted(experiment=end.experiment or 0, attempt=end.attempt or 0), end), ends
)
single: st.SearchStrategy[ev.Event] = st.one_of(
    ends,
    st.builds(begun, st.sampled_from((MAXIMIZE, MINIMIZE)), st.one_of(st.none(), numbers)),
    st.builds(
        lambda number, why: ev.ExperimentQueued(experiment=number, parameters={"slots": number}, why=why),
        numbers,
        st.sampled_from(("grid", "baseline", "by_hand")),
    ),
    st.builds(lambda number, attempt: ev.AttemptStarted(experiment=number, attempt=attempt), numbers, attempts),
    st.builds(lambda number, attempt: ev.AttemptAdopted(experiment=number, attempt=attempt), numbers, attempts),
    st.builds(lambda number, attempt: ev.SkipAsked(experiment=number, attempt=attempt), numbers, attempts),
    st.builds(lambda number: ev.Skipped(experiment=number, reason="by command"), numbers),
    st.just(ev.HostStarted(pid=2, host="here", started=0.0, token="x", resumed=True)),
)
happenings = st.one_of(measured, measured, single.map(lambda event: (event,)))
looked_at = st.lists(st.tuples(happenings, st.booleans()), min_size=4, max_size=40)
"""What happens, and whether somebody looks then."""
