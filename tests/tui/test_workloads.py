from __future__ import annotations

from typing import Any

import recordings as rec
from autotuner_core.run import events as ev
from autotuner_core.run.run_state import RunState
from autotuner_tui.open_run import charted
from autotuner_tui.streams import StreamsNow
from autotuner_tui.streams.usage import Usage
from autotuner_tui.views.workloads import workload_lines, workloads_title
from autotuner_tui.widgets.lines import texts, width_of

WHERE: dict[str, Any] = {"experiment": 1, "attempt": 1}
ENGINE = "chat-ab12-exp1-engine-6d5f7c8b9-x2x4z"


def state_with(*events: ev.Event) -> RunState:
    begun = [*rec.beginning(), ev.AttemptStarted(**WHERE), ev.StageChanged(**WHERE, stage="deploying")]
    return rec.state_of(rec.stamped([*begun, *events]))


def pod(**told: Any) -> ev.WorkloadObserved:
    return ev.WorkloadObserved(**WHERE, **{"kind": "pod", "name": ENGINE, "phase": "Running", "node": "gpu-3", **told})


def shown(state: RunState, streams: StreamsNow | None = None, width: int = 62, height: int = 9) -> list[str]:
    lines = workload_lines(state, streams or StreamsNow(), (1, 1), width, height)
    assert len(lines) <= height
    assert all(width_of(line) <= width for line in lines[:1])
    return [text.rstrip() for text in texts(lines)]


def test_a_process_is_shown_with_its_pid_and_what_it_uses() -> None:
    process = ev.WorkloadObserved(**WHERE, kind="process", name="exp1-attempt1-engine", phase="running", pid=27164)
    state = state_with(process)
    head, row, *_ = shown(state, StreamsNow(usage={1: Usage(1.058, 60219392, 13 << 30)}))
    assert head.split() == ["exp", "name", "phase", "pid", "CPU", "memory", "GPU", "mem"]
    assert row.split() == [
        "1", "exp1-att…1-engine", "running", "27164", "106", "%", "57.4", "MiB", "13.0", "GiB",
    ]  # fmt: skip
    assert "GPU" not in shown(state, StreamsNow(usage={1: Usage(1.058, 60219392)}))[0]


def test_a_pod_is_shown_with_phase_node_restarts_and_why_it_does_not_run() -> None:
    lines = shown(
        state_with(pod(phase="Pending", node="", restarts=0, reason="Unschedulable: 0/3 nodes are available"))
    )
    assert lines[1].split()[-2:] == ["Pending", "0"]
    assert lines[2].strip() == "! Unschedulable: 0/3 nodes are available"
    head, row, *_ = shown(state_with(pod(restarts=2)))
    assert head.split() == ["exp", "name", "phase", "node", "restarts"]
    assert row.split()[2:] == ["Running", "gpu-3", "2"]
    assert row.split()[1].endswith("x2x4z")


def test_a_pod_that_is_gone_takes_no_place() -> None:
    state = state_with(pod(), pod(phase="Deleted"))
    assert "stand here" in shown(state)[0]
    assert workloads_title(state) == "Processes and events"
    assert workloads_title(state_with(pod())) == "Processes 1 and events"


def test_the_latest_events_stand_at_the_bottom_warnings_with_a_sign() -> None:
    told = [
        ev.ClusterEventSeen(**WHERE, kind="Pod", name=ENGINE, reason="Scheduled", message="assigned to gpu-3"),
        ev.ClusterEventSeen(
            **WHERE, kind="Pod", name=ENGINE, reason="BackOff", message="pulling\nimage", severity="Warning", count=4
        ),
        ev.StageChanged(**WHERE, stage="benchmarking"),
    ]
    lines = shown(state_with(pod(), *told), height=6)
    assert lines[2] == "events of exp 1"
    assert [line[9:] for line in lines[3:]] == [
        "Scheduled  assigned to gpu-3", "! BackOff x4  pulling image", "ready: the load begins",
    ]  # fmt: skip
    assert shown(state_with(pod(), *told), height=3) == lines[:2]  # a heading alone would say nothing


def test_why_an_attempt_failed_is_its_last_event() -> None:
    gone = ev.AttemptEnded(**WHERE, outcome="failed", cause="out_of_memory", message="CUDA out of memory")
    assert shown(state_with(pod(), gone))[-1][9:] == "✘ out of memory: CUDA out of memory"


def test_control_sequences_of_a_cluster_do_not_reach_the_terminal() -> None:
    evil = "\x1b]0;owned\x07[bold]x"
    seen = ev.ClusterEventSeen(**WHERE, kind="Pod", name=evil, reason=evil, message=evil)
    for text in shown(state_with(pod(name=evil, reason=evil, node=evil), seen)):
        assert text.isprintable()


def test_a_narrow_panel_keeps_name_and_phase() -> None:
    head, row, *_ = shown(state_with(pod(restarts=2)), width=30)
    assert head.split()[:3] == ["exp", "name", "phase"]
    assert "Running" in row


def test_the_last_picture_stays_until_the_next_level_begins() -> None:
    first = rec.scored(1, 100.0)
    second = rec.scored(2, 90.0)
    deploying = rec.state_of(rec.stamped([*rec.beginning(), *first, *second[:2]]))
    assert charted(deploying, (2, 1)) == (1, 1)
    measured = rec.state_of(rec.stamped([*rec.beginning(), *first, *second[:4]]))
    assert charted(measured, (2, 1)) == (2, 1)
    failed = ev.AttemptEnded(experiment=2, attempt=1, outcome="failed", cause="crash", message="gone")
    ended = rec.state_of(rec.stamped([*rec.beginning(), *first, *second[:2], failed]))
    assert charted(ended, (2, 1)) == (2, 1)
    assert charted(ended, None) == (1, 1)
    assert charted(RunState(), None) is None
