"""Engines as processes of this machine."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autotuner_core.control import Scope
from autotuner_core.deploy.base import DeployOrder, Resource
from autotuner_core.deploy.local.commands import EngineCommand
from autotuner_core.deploy.local.give_out import Lease, Pool, TooFew
from autotuner_core.deploy.local.gpus import check_cores, found_gpus, gpu_environment, whole_gpus
from autotuner_core.deploy.local.redaction import redacted_argv, redacted_env
from autotuner_core.deploy.local.server import Launch, LocalServer
from autotuner_core.deploy.port import ReservedPort
from autotuner_core.engines.gpus import gpu_count
from autotuner_core.failures import ExperimentFailure, FailureCause, PreflightError
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

log = logging.getLogger(__name__)


class LocalDeployer:
    """Implements deploy.base.Deployer. `token` is the run's, by which its processes are found again."""

    start_gap = 0.0

    def __init__(self, task: Task, token: str) -> None:
        from autotuner_core.task.model import Local

        self._task, self._token = task, token
        self._local = task.local or Local()
        self._command = EngineCommand(task, self._local)
        self._gpus: Pool[str] = Pool(())
        self._cores: Pool[tuple[int, ...]] = Pool([()])
        self._servers: dict[LocalServer, None] = {}
        self._release_port_first = False

    def prepare(self, scope: Scope) -> None:
        """See Deployer. Builds the tiny model where the task names it."""
        local = self._local
        if local.engine != "llama.cpp":  # the bundled one computes on the CPU
            self._gpus = Pool(
                found_gpus(os.environ, scope.wait) if local.gpus is None else [str(gpu) for gpu in local.gpus]
            )
        if local.cores:
            check_cores(local.cores)
            self._cores = Pool([tuple(cores) for cores in local.cores])
        parallel = self._task.optimization.max_parallel
        if parallel > 1 and not self._gpus.items and not local.cores:
            raise PreflightError(
                f"{parallel} experiments at once would disturb one another on the same CPU cores",
                cure="Give local.gpus, or local.cores (a set for each), or set optimization.max_parallel to 1.",
            )
        self._command.prepare(scope.wait, log.info)

    def take_over(
        self, left: Sequence[DeployOrder], made: Sequence[Resource], recorder: Recorder, scope: Scope
    ) -> list[DeployOrder]:
        """See Deployer. A process ends with the host that started it: there is nothing to go on with."""
        return []

    def deploy(self, order: DeployOrder, recorder: Recorder, scope: Scope) -> LocalServer:
        """See Deployer."""
        scope.check()
        lease = Lease(scope, self._gpus, self._cores)
        try:
            lease.gpus = self._take_gpus(order, scope)
            # Without given cores the CPU is one thing, which engines without a GPU have one after the other.
            if self._local.cores or not lease.gpus:
                lease.cores = self._cores.take(1, scope)
            server = self._server(order, lease, recorder, scope)
        except BaseException:
            lease.give_back()
            raise
        self._servers[server] = None
        server.start(self._release_port_first)
        return server

    def close(self) -> None:
        """See Deployer. Raises ExperimentFailure(stuck_deletion) where something cannot be ended, after the others."""
        failure: ExperimentFailure | None = None
        for server in list(self._servers):
            try:
                server.stop(now=True)
            except ExperimentFailure as stuck:
                failure = stuck
        if failure is not None:
            raise failure

    def _take_gpus(self, order: DeployOrder, scope: Scope) -> tuple[str, ...]:
        try:
            count = whole_gpus(gpu_count(order.parameters, self._task))
        except ValueError as error:
            raise ExperimentFailure(FailureCause.DOES_NOT_FIT, str(error)) from error
        try:
            return self._gpus.take(count, scope)
        except TooFew:
            raise self._too_few(count) from None

    def _too_few(self, count: int) -> ExperimentFailure:
        there, lost = ", ".join(self._gpus.items) or "none", ", ".join(self._gpus.lost)
        if lost:
            return ExperimentFailure(
                FailureCause.STUCK_DELETION,
                f"the configuration needs {count} GPU(s); {there} can be given out, and {lost} is held by a process "
                "that cannot be ended",
                retry=False,
            )
        return ExperimentFailure(
            FailureCause.DOES_NOT_FIT,
            f"the configuration needs {count} GPU(s), and this machine gives out: {there}",
            cure="Add a constraint on the sizes, or name the GPUs in local.gpus. "
            "An engine that needs no GPU is said by local.gpus_per_experiment: 0.",
        )

    def _server(self, order: DeployOrder, lease: Lease, recorder: Recorder, scope: Scope) -> LocalServer:
        command = self._command
        port = ReservedPort()
        try:
            argv = command.argv(order.parameters, port.number)
            added = command.added_environment(order.parameters)
            if lease.gpus:
                added |= gpu_environment(lease.gpus, os.environ)
            cores = lease.cores[0] if lease.cores else ()
            order.folder.mkdir(parents=True, exist_ok=True)
            applied = {
                "argv": redacted_argv(argv), "env_added": redacted_env(added), "cwd": str(Path.cwd()),
                "gpus": lease.gpus, "cores": cores,
            }  # fmt: skip
            (order.folder / "command.json").write_text(json.dumps(applied, indent=1) + "\n", encoding="utf-8")
        except BaseException:
            port.release()
            raise
        launch = Launch(
            argv=argv,
            env={**os.environ, **added},
            health_path=command.health_path,
            served_name=command.served_name,
            flush_call=command.flush_call,
            cores=cores,
            token=self._token,
            asked_name=self._task.benchmark.model_name,
        )
        return LocalServer(order, launch, port, lease, recorder, scope, self._gone)

    def _gone(self, server: LocalServer) -> None:
        self._servers.pop(server, None)
        # An engine that sets neither SO_REUSEADDR nor SO_REUSEPORT cannot listen where we hold the port.
        self._release_port_first = self._release_port_first or server.port_was_taken
