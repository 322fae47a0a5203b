"""Which configurations are run, and which of them are the same server."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.engines.checks import parameter_problems
from autotuner_core.engines.flags import same_server
from autotuner_core.plan.draft import Draft
from autotuner_core.task.problem import Problem, note, warning

_MOST_IDS = 8


def configuration_problems(draft: Draft) -> Iterator[Problem]:
    """What constraints leave out, a baseline of its own, parameters that do not suit the engine, equal servers. (Which
    part max_iterations takes is said when the task is loaded.)"""
    yield from parameter_problems(draft.task, draft.profile)
    yield from _counts(draft)
    yield from _same_servers(draft)


def _counts(draft: Draft) -> Iterator[Problem]:
    counts = draft.candidates
    if counts.rejected and not counts.sampled:
        yield note(
            ("constraints",),
            f"constraints leave out {counts.rejected:,} of {counts.product:,} combinations",
            code="constrained",
        )
    if draft.experiments and draft.experiments[-1].why == "baseline" and len(draft.experiments) > counts.chosen:
        yield note(
            ("baseline",),
            "the baseline is none of the grid's configurations: it is an experiment of its own, besides the "
            f"{counts.chosen:,}",
            code="baseline_extra",
        )


def _same_servers(draft: Draft) -> Iterator[Problem]:
    experiments = draft.experiments
    for group in same_server([draft.together(experiment) for experiment in experiments], draft.profile):
        ids = [f"{experiments[position].id}" for position in group]
        shown = ", ".join(ids[:_MOST_IDS]) + (", …" if len(ids) > _MOST_IDS else "")
        yield warning(
            ("parameters",),
            f"experiments {shown} would start the very same server: their flags and environment are equal",
            "remove the values that make no difference",
            "same_server",
        )
