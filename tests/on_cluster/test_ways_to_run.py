"""Whole runs in the ways that users have: from within the cluster's network, by a template of their own, as an account
with the least rights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autotuner_core.resources import templates_folder
from autotuner_core.run import events as ev
from autotuner_tui.cli.main import main
from cluster.cluster import Cluster
from cluster.network import NODE_ADDRESS
from on_cluster.catalog import MODEL
from on_cluster.logins import kubeconfig_of
from on_cluster.tuning import TunerOnCluster

Tuner = Callable[..., TunerOnCluster]
ONE = {"tp_size": {"type": "choice", "values": [1]}}
TEMPLATE = "inference_service.yaml.j2"
LABELS = "labels: {{ labels | tojson }}"
INSIDE = 'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"'
"""In a mount namespace of its own: names are those of the cluster."""


def within(cluster: Cluster, folder: Path) -> tuple[str, ...]:
    """What starts a program in the cluster's network, with its names."""
    resolver = folder / "resolv.conf"
    resolver.write_text(f"nameserver {NODE_ADDRESS}\n")
    network = f"--net=/proc/{cluster.holder.pid}/ns/net"
    return ("nsenter", network, "unshare", "--mount", "sh", "-ec", INSIDE, "inside", str(resolver))


@pytest.mark.usefixtures("either_ome")  # they give their Services different ports
def test_services_that_are_reached_at_their_own_address_are_loaded_there_without_a_forward(
    cluster: Cluster, tuner: Tuner
) -> None:
    run = tuner(benchmark={"model_name": MODEL})  # as the engine names it
    run.command = (*within(cluster, run.folder), sys.executable)
    assert run.run() == 0, run.said()
    assert [end.outcome for end in run.of(ev.AttemptEnded)] == ["scored", "scored"]
    (way,) = [note.text for note in run.of(ev.RunNote) if note.code == "way"]
    assert "to the service at http://" in way
    assert not [event for event in run.of(ev.ResourceIntended) if "port-forward" in event.name]
    run.check_nothing_is_left()


def test_what_a_template_of_ones_own_adds_is_on_every_object(cluster: Cluster, tuner: Tuner, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    text = (templates_folder() / TEMPLATE).read_text()
    (own / TEMPLATE).write_text(text.replace(LABELS, 'labels: {{ dict(labels, team="ml") | tojson }}'))
    run = tuner(parameters=ONE, benchmark={"additional_params": {"stub_seconds": 1}})
    run.run_options += ("--templates", str(own))
    process = run.begin()
    run.until(lambda event: isinstance(event, ev.LevelStarted))
    found = cluster.kubectl("get", "inferenceservices,pods", "-n", run.namespace, "-l", "team=ml", "-o", "name")
    assert process.wait(120) == 0, run.said()
    assert sorted(line.partition("/")[0] for line in found.split()) == ["inferenceservice.ome.io", "pod"]
    assert run.run_folder is not None
    assert "team: ml" in (run.run_folder.attempt(1, 1) / "manifest.yaml").read_text()
    run.check_nothing_is_left()


@pytest.fixture
def least_rights(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of the account that `new --rbac` writes, without what is optional."""
    written = tmp_path / "rbac.yaml"
    assert main(["new", "--rbac", "--direct", "--namespace", namespace, "-o", str(written)]) == 0
    needed = "---\n".join(part for part in written.read_text().split("---\n") if "-optional" not in part)
    cluster.kubectl("apply", "-f", "-", input=needed)
    token = cluster.kubectl("create", "token", "autotuner-tui", "-n", namespace).strip()
    yield kubeconfig_of(cluster, {"token": token}, tmp_path / "restricted")
    cluster.kubectl("delete", "--wait=false", "-f", "-", input=needed)


def test_the_account_with_the_least_rights_measures_and_cleans_up_and_is_never_refused(
    least_rights: Path, tuner: Tuner
) -> None:
    run = tuner(parameters=ONE)
    run.run_options = ("--direct", "--kubeconfig", str(least_rights))
    assert run.run() == 0, run.said()
    (end,) = run.of(ev.AttemptEnded)
    assert end.outcome == "scored"
    assert [event.kind for event in run.of(ev.ResourceRemoved)].count("Job") == 1, "the lease"
    assert run.run_folder is not None
    told = json.dumps([event.to_record() for event in run.events()]) + run.run_folder.host_log.read_text()
    assert "forbidden" not in told.lower() and " 403" not in told, told
    run.check_nothing_is_left()
