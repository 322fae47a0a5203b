"""A machine whose clock is an hour ahead or behind: the cluster's counts, or none."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autotuner_core.run import events as ev
from on_cluster.logins import kubeconfig_of
from on_cluster.tuning import OURS, TunerOnCluster
from stub_load import held_benchmark

Tuner = Callable[..., TunerOnCluster]
HOUR = 3600
LEASE_MINUTES = 5
WRONG = """
import time
of_this_machine, of_this_machine_ns = time.time, time.time_ns
time.time = lambda: of_this_machine() + {off}
time.time_ns = lambda: of_this_machine_ns() + {off} * 10**9
"""
"""Read by every Python that the program starts, before anything else."""
PLUGIN = """#!/bin/sh
echo asked >> {folder}/asked
echo '{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {status}}}'
"""


def put_the_clock(run: TunerOnCluster, off: int) -> None:
    """What the run starts from now on has a clock that is `off` seconds ahead."""
    folder = run.folder / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WRONG.format(off=off))
    run.environment["PYTHONPATH"] = f"{folder}{os.pathsep}{run.environment.get('PYTHONPATH', '')}"


def log_in_by_a_plugin(run: TunerOnCluster) -> None:
    """The administrator's token, from a plugin, which says that it ends in half an hour; `asked` has a line for each
    time."""
    ends = datetime.fromtimestamp(time.time() + HOUR / 2, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = json.dumps({"token": run.cluster.settings.token, "expirationTimestamp": ends})
    plugin = run.folder / "plugin"
    plugin.write_text(PLUGIN.format(folder=run.folder, status=status))
    plugin.chmod(0o755)
    user = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    file = kubeconfig_of(run.cluster, {"exec": user}, run.folder / "by-plugin")
    run.run_options = ("--direct", "--kubeconfig", str(file))


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_a_clock_that_is_off_by_an_hour_ends_no_lease_no_login_and_no_other_run(
    off: int, tuner: Tuner, tmp_path: Path
) -> None:
    let_go = tmp_path / "let-go"
    run = tuner(
        parameters={"tp_size": {"type": "choice", "values": [1]}},
        kubernetes={"lease_minutes": LEASE_MINUTES},
        benchmark=held_benchmark(tmp_path, let_go),
    )
    put_the_clock(run, off)
    log_in_by_a_plugin(run)
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    lease = json.loads(run.cluster.kubectl("get", "jobs", "-n", run.namespace, "-l", OURS, "-o", "json"))["items"][0]
    assert LEASE_MINUTES * 60 <= lease["spec"]["activeDeadlineSeconds"] <= LEASE_MINUTES * 60 + 60
    run.clean(tmp_path / "another-machine")
    let_go.touch()
    assert process.wait(120) == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored"], run.said()
    (started,) = run.of(ev.RunStarted)
    assert abs(started.ts - time.time() - off) < HOUR / 10, "the clock was right after all"
    assert not [note for note in run.of(ev.RunNote) if note.level == "warning"], run.said()
    asked = (tmp_path / "asked").read_text().count("asked")
    assert asked < 12, f"logged in {asked} times"
