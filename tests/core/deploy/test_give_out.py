from __future__ import annotations

import threading
from pathlib import Path

import pytest

from autotuner_core.control import Control, Interrupted, Interruption
from autotuner_core.deploy.local.give_out import Pool, TooFew
from autotuner_core.deploy.local.gpus import found_gpus, gpu_environment, whole_gpus
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from waiting import wait_for

from .conftest import Place

PARALLEL = {"objective": "minimize_latency", "max_parallel": 4}


def gpus_seen(place: Place, experiment: int) -> str:
    return wait_for(lambda: (place.log(experiment).split("\n")[0:1] or [""])[0])


def test_two_experiments_share_a_gpu(place: Place) -> None:
    deployer = place.deployer(local={"gpus": [4, 5, "GPU-7"], "gpus_per_experiment": "tp_size"}, optimization=PARALLEL)
    first = place.deploy(deployer, 1, tp_size=2)
    second = place.deploy(deployer, 2, tp_size=1)
    assert (first.gpus, second.gpus) == (("4", "5"), ("GPU-7",))
    assert first.gpu_count == 2
    first.wait_ready(place.scope, 30)
    second.wait_ready(place.scope, 30)
    assert gpus_seen(place, 1).startswith("gpus 4,5 ")
    assert gpus_seen(place, 2).startswith("gpus GPU-7 ")

    third: list[tuple[str, ...]] = []
    waiting = threading.Thread(target=lambda: third.append(place.deploy(deployer, 3, tp_size=2).gpus))
    waiting.start()
    second.stop()
    assert not third  # one is free, two are needed
    first.stop()
    waiting.join(15)
    assert third == [("4", "5")]


def test_a_configuration_that_never_fits_waits_for_ever(place: Place) -> None:
    deployer = place.deployer(local={"gpus": [0], "gpus_per_experiment": "tp_size"})
    with pytest.raises(ExperimentFailure, match="needs 2 GPU") as caught:
        place.deploy(deployer, tp_size=2)
    assert caught.value.cause is FailureCause.DOES_NOT_FIT


def test_a_stop_waits_until_a_gpu_is_free(place: Place) -> None:
    deployer = place.deployer(local={"gpus": [0], "gpus_per_experiment": 1})
    place.deploy(deployer, 1)
    asker = threading.Timer(0.2, place.control.stop, [Interruption.STOP])
    asker.start()
    with pytest.raises(Interrupted):
        place.deploy(deployer, 2)


def test_an_engine_that_fails_keeps_its_gpu_for_ever(place: Place, tmp_path: Path) -> None:
    program = tmp_path / "engine"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    local = {"gpus": [0], "gpus_per_experiment": 1, "command": [str(program), "{port}", "{flags}"]}
    deployer = place.deployer(local=local)
    for attempt in (1, 2):
        server = place.deploy(deployer, attempt=attempt)
        with pytest.raises(ExperimentFailure):
            server.wait_ready(place.scope, 30)
        server.stop()
    program.unlink()
    for attempt in (3, 4):
        with pytest.raises(ExperimentFailure, match="cannot be started"):
            place.deploy(deployer, attempt=attempt)
    assert place.events.types().count("ResourceIntended") == place.events.types().count("ResourceRemoved")


def test_an_engine_without_a_gpu_sees_all_of_them_or_none_of_the_users(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    server = place.deploy(place.deployer())
    server.wait_ready(place.scope, 30)
    assert gpus_seen(place, 1).startswith("gpus 2,3 ")
    server.stop()


def test_engines_share_cores_that_were_given_apart(place: Place) -> None:
    optimization = {"objective": "minimize_latency", "max_parallel": 2}
    deployer = place.deployer(local={"cores": [[0], [1]]}, optimization=optimization)
    servers = [place.deploy(deployer, experiment) for experiment in (1, 2)]
    for server in servers:
        server.wait_ready(place.scope, 30)
    assert gpus_seen(place, 1).endswith("cores [0]")
    assert gpus_seen(place, 2).endswith("cores [1]")
    for server in servers:
        server.stop()


def test_cores_that_are_not_there_fail_only_when_an_experiment_starts(place: Place) -> None:
    with pytest.raises(PreflightError, match="4711"):
        place.deployer(local={"cores": [[4711]]})


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({"CUDA_VISIBLE_DEVICES": "2, 3"}, ("2", "3")),
        ({"CUDA_VISIBLE_DEVICES": ""}, ()),
        ({"CUDA_VISIBLE_DEVICES": "1,-1,2"}, ("1",)),
        ({"HIP_VISIBLE_DEVICES": "0,1"}, ("0", "1")),
        ({"PATH": "/nowhere"}, ()),
    ],
)
def test_gpus_of_others_are_given_out(environment: dict[str, str], gpus: tuple[str, ...]) -> None:
    assert found_gpus(environment) == gpus


def test_gpus_that_nvidia_smi_lists_are_not_found(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA L4 (UUID: GPU-1)'\necho 'GPU 1: NVIDIA L4 (UUID: GPU-2)'\n")
    program.chmod(0o755)
    assert found_gpus({"PATH": f"{tmp_path}:/bin"}) == ("0", "1")


def test_an_amd_engine_sees_the_gpus_of_others() -> None:
    assert gpu_environment(("1",), {"ROCR_VISIBLE_DEVICES": "0,1"}) == {
        "CUDA_VISIBLE_DEVICES": "1", "ROCR_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    }  # fmt: skip
    assert whole_gpus(0.5) == 1


def test_many_small_wishes_starve_a_large_one() -> None:
    pool, control = Pool(["a", "b"]), Control()
    scope = control.scope(1)
    small = pool.take(1, scope)
    order: list[str] = []

    def wish(count: int, name: str) -> None:
        taken = pool.take(count, scope)
        order.append(name)
        pool.give_back(taken, scope)

    large = threading.Thread(target=wish, args=(2, "large"))
    large.start()
    wait_for(lambda: len(pool._waiting) == 1)
    late = threading.Thread(target=wish, args=(1, "small"))
    late.start()
    wait_for(lambda: len(pool._waiting) == 2)
    assert not order  # one is free, but its turn is the large one's
    pool.give_back(small, scope)
    large.join(15)
    late.join(15)
    assert order == ["large", "small"]


def test_a_gpu_held_by_what_cannot_be_ended_is_waited_for_without_end() -> None:
    pool, control = Pool(["a"]), Control()
    scope = control.scope(1)
    taken = pool.take(1, scope)
    failed: list[bool] = []

    def wish() -> None:
        with pytest.raises(TooFew):
            pool.take(1, scope)
        failed.append(True)

    waiting = threading.Thread(target=wish)
    waiting.start()
    wait_for(lambda: len(pool._waiting) == 1)
    pool.lose(taken, scope)
    waiting.join(15)
    assert failed
