"""What says nothing of a cause changes no verdict."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autotuner_core.deploy.ome.diagnosis import diagnose
from autotuner_core.deploy.ome.diagnosis.events import HARMLESS
from autotuner_core.failures import ExperimentFailure
from recorded_service import NAME, VERSIONS, event, node, played
from shown_service import view

ABOUT = (
    f"InferenceService/{NAME}", f"Deployment/{NAME}-engine", f"Pod/{NAME}-engine-RS-POD",
    f"HorizontalPodAutoscaler/{NAME}-engine", "Pod/other", f"ReplicaSet/{NAME}-engine-RS",
)  # fmt: skip
WARNING = st.tuples(
    st.sampled_from(sorted(HARMLESS)),
    st.sampled_from(ABOUT),
    st.sampled_from(["", "not found", "denied", "is disabled"]),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), WARNING), max_size=12))
def test_harmless_warnings_change_a_verdict(warnings: list[tuple[int, tuple[str, str, str]]]) -> None:
    """Strewn into recorded services, healthy and failing, in any order."""
    for version in VERSIONS:
        for case in ("isvc-healthy-then-bj-then-delete", "isvc-crash"):
            strewn = dict(warnings)
            noise = []
            for at, (record, playback) in enumerate(played(version, case)):
                if at in strewn:
                    reason, about, message = strewn[at]
                    noise.append(event("Warning", reason, about, message, record["t"]))
                quiet, noisy = diagnose(playback.view()), diagnose(playback.view(events=[*playback.events, *noise]))
                assert_same(quiet, noisy)


def assert_same(quiet: object, noisy: object) -> None:
    if isinstance(quiet, ExperimentFailure) and isinstance(noisy, ExperimentFailure):
        assert (quiet.cause, quiet.message, quiet.evidence) == (noisy.cause, noisy.message, noisy.evidence)
    else:
        assert quiet == noisy


ANYTHING: Any = st.sampled_from(
    [
        None,
        True,
        3,
        "x",
        [],
        [3],
        ["x"],
        {},
        {"name": None},
        [{"state": 3}],
        {"waiting": "x"},
        [{"type": "PodScheduled"}],
    ]
)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), ANYTHING),
    st.dictionaries(st.sampled_from(["phase", "conditions", "containerStatuses", "reason"]), ANYTHING),
)
def test_an_object_of_another_shape_breaks_the_diagnosis(body: dict[str, Any], status: dict[str, Any]) -> None:
    """What an API may send tomorrow: no verdict is better than a traceback."""
    for odd in (body, {**body, "status": status}):
        diagnose(view(odd, events=[body], deployment=odd, nodes=[odd, node()], cluster_pods=[odd]))
        diagnose(view(events=[odd], deployment=None, service={"metadata": {"name": NAME}, **odd}))
