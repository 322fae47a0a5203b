"""The port-forward to one pod, as a process that the journal knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.deploy.port import ReservedPort
from autotuner_core.deploy.process import ProcessGroup, start_group
from autotuner_core.failures import ExperimentFailure
from autotuner_core.kube.port_forward import PortForward
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

NAME = "port-forward"


class PodForward:
    """From a free port of this machine to a port of a pod. Begun at once; `close` it. `name` tells it from others of
    the same attempt. Raises PreflightError where there is no kubectl, JournalWriteError."""

    def __init__(
        self,
        client: KubeClient,
        where: RunInCluster,
        order: DeployOrder,
        pod: str,
        remote: int,
        recorder: Recorder,
        notify: Callable[[], None],
        name: str = NAME,
    ) -> None:
        self._recorder, self._token = recorder, where.token
        self._resource: dict[str, Any] = {
            "kind": "process",
            "name": f"exp{order.experiment}-attempt{order.attempt}-{name}",
            "token": where.token,
            "experiment": order.experiment,
            "attempt": order.attempt,
        }
        self._reserved = ReservedPort()
        self.port = self._reserved.number
        recorder.record(ResourceIntended(**self._resource))
        try:
            self._forward = PortForward(
                client,
                pod,
                where.namespace,
                port=self.port,
                remote=remote,
                log=order.folder / f"{name}.log",
                start=self._start,
                notify=notify,
            )
        except BaseException:
            self._removed()
            raise

    @property
    def drops(self) -> int:
        return self._forward.drops

    @property
    def failure(self) -> ExperimentFailure | None:
        return self._forward.failure

    def close(self) -> None:
        """End it, and wait until nothing of it is left. Once."""
        self._forward.stop()
        self._removed()

    def _removed(self) -> None:
        self._reserved.release()
        self._recorder.record(ResourceRemoved(**self._resource))

    def _start(
        self, argv: Sequence[str], env: Mapping[str, str], log: Path, on_exit: Callable[[int], None]
    ) -> ProcessGroup:
        group = start_group(argv, env=env, log=log, token=self._token, on_exit=on_exit)
        self._recorder.record(ResourceCreated(**self._resource, pid=group.pid, started=group.started))
        return group
