"""Which configurations are run, and which of them are the same server."""

from __future__ import annotations

from collections.abc import Iterator

from autotuner_core.engines.checks import local_problems, parameter_problems
from autotuner_core.engines.flags import same_server
from autotuner_core.plan.draft import Draft
from autotuner_core.task.problem import Problem, note, warning

_MOST_IDS = 8


def configuration_problems(draft: Draft) -> Iterator[Problem]:
    """The part of the grid that is taken, what constraints leave out, parameters that do not suit, equal servers."""
    yield from parameter_problems(draft.task, draft.profile)
    yield from local_problems(draft.task)
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
    if counts.chosen == 0:
        yield Problem(
            ("constraints",),
            f"the constraints leave out every one of the {counts.product:,} combinations: nothing would be run",
            "loosen a constraint",
            code="no_configurations",
        )
    if counts.dropped or counts.sampled:
        of = counts.product if counts.sampled else counts.product - counts.rejected
        how = "drawn at random" if draft.task.optimization.strategy == "random_search" else "spread out over the grid"
        yield note(
            ("optimization", "max_iterations"),
            f"{counts.chosen:,} of {of:,} configurations are run, {how} by the seed (not the first ones)",
            "raise max_iterations for more",
            "subset",
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
