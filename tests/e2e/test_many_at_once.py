"""Several experiments at once: each has GPUs of its own, and none disturbs another. The GPUs are simulated, engine and
load generator are stubs; who gets which GPU, and when, is the real thing."""

from __future__ import annotations

import json
from pathlib import Path

from autotuner_core.run.events import ResourceRemoved, StageChanged
from killing import LONGEST_RUN, Victim, killed_task

GPUS = [0, 1, 2, 3]


def run_of(folder: Path, parallel: int) -> Victim:
    """A run of experiments that want one, two or three of four GPUs."""
    task = killed_task(
        [0.01, 0.02, 0.03],
        folder,
        optimization={"max_parallel": parallel},
        benchmark={"additional_params": {"stub_seconds": 0.1}},
        local={"gpus": GPUS, "gpus_per_experiment": "size"},
    )
    task["parameters"]["size"] = {"type": "choice", "values": [1, 2, 3]}
    victim = Victim(folder, task)
    assert victim.begin().wait(LONGEST_RUN) == 0, victim.said()
    return victim


def test_no_gpu_is_ever_given_to_two_engines_and_as_many_run_at_once_as_fit(tmp_path: Path) -> None:
    victim = run_of(tmp_path, parallel=4)
    assert victim.state().counts()["success"] == 9
    held: dict[int, set[str]] = {}
    most = 0
    for event in victim.events():
        if isinstance(event, StageChanged) and event.stage == "waiting":
            others = {gpu for number, gpus in held.items() if number != event.experiment for gpu in gpus}
            assert not others & set(event.gpus), f"experiment {event.experiment} shares {others & set(event.gpus)}"
            held[event.experiment] = set(event.gpus)
            most = max(most, len(held))
        if isinstance(event, ResourceRemoved) and not event.name.startswith("genai-bench"):
            held.pop(event.experiment or 0, None)
    assert most >= 2, "four GPUs serve more than one experiment at a time"
    for number, experiment in victim.state().experiments.items():
        assert victim.run_folder is not None
        applied = json.loads((victim.run_folder.attempt(number, 1) / "command.json").read_text())
        assert len(applied["gpus"]) == experiment.parameters["size"]
        assert applied["env_added"]["CUDA_VISIBLE_DEVICES"] == ",".join(applied["gpus"])


def test_more_at_once_than_the_machine_can_keep_apart_is_refused_with_the_reason(tmp_path: Path) -> None:
    victim = Victim(tmp_path, killed_task([0.01, 0.02], tmp_path, optimization={"max_parallel": 2}))
    assert victim.begin().wait(LONGEST_RUN) == 2
    assert "same CPU cores disturb one another" in victim.said() and "local.gpus" in victim.said()
