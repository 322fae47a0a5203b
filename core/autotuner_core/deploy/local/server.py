"""One engine process under way on this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autotuner_core.benchmark.base import Endpoint
from autotuner_core.control import Interruption, Scope
from autotuner_core.deploy.base import DeployOrder
from autotuner_core.deploy.engine_log import describe_exit
from autotuner_core.deploy.flush import flush
from autotuner_core.deploy.local.commands import HOST
from autotuner_core.deploy.local.diagnosis import diagnose, no_room, not_ready_in_time, oom_kills
from autotuner_core.deploy.local.give_out import Lease
from autotuner_core.deploy.local.gpus import on_cores
from autotuner_core.deploy.local.story import Story
from autotuner_core.deploy.local.usage import UsageRecorder
from autotuner_core.deploy.port import ReservedPort, foreign_listener
from autotuner_core.deploy.process import NoSuchProgram, ProcessGroup, start_group
from autotuner_core.deploy.readiness import Probe
from autotuner_core.engines.profile import HttpCall
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.run.journal import JournalWriteError, Recorder

GRACE = 10.0  # seconds from SIGTERM to SIGKILL


@dataclass(frozen=True)
class Launch:
    """All that is settled before an engine starts."""

    argv: Sequence[str]
    env: Mapping[str, str]
    health_path: str
    served_name: str
    flush_call: HttpCall | None
    cores: tuple[int, ...]
    token: str
    asked_name: str | None = None


class LocalServer:
    """Implements deploy.base.Server. `on_gone` is called once, when nothing of it is left."""

    def __init__(
        self,
        order: DeployOrder,
        launch: Launch,
        port: ReservedPort,
        lease: Lease,
        recorder: Recorder,
        scope: Scope,
        on_gone: Callable[[LocalServer], None],
    ) -> None:
        self._order, self._launch, self._port, self._lease = order, launch, port, lease
        self._gpus = lease.gpus
        self._scope, self._on_gone = scope, on_gone
        self._log = order.folder / "engine.log"
        self._story = Story(recorder, order, launch.token)
        self._oom_kills = oom_kills()
        self._lock = threading.Lock()
        self._started = threading.Event()
        self._failure: ExperimentFailure | None = None
        self._ready = self._stopping = self._removed = False
        self._group: ProcessGroup | None = None
        self._probe: Probe | None = None
        self._usage: UsageRecorder | None = None

    @property
    def gpu_count(self) -> float:
        return len(self._gpus)

    @property
    def gpus(self) -> tuple[str, ...]:
        return self._gpus

    @property
    def port_was_taken(self) -> bool:
        """Whether it failed because it could not listen on the port that was reserved for it."""
        return self._failure is not None and "port was in use" in self._failure.message

    def start(self, release_port_first: bool = False) -> None:
        """Start the process. What fails half-way is taken away again."""
        launch = self._launch
        try:
            self._story.intended()
            if release_port_first:
                self._port.release()
            with on_cores(launch.cores):
                self._group = start_group(
                    launch.argv, env=launch.env, log=self._log, token=launch.token, on_exit=self._exited
                )
            self._story.created(self._group)
            self._started.set()
        except NoSuchProgram as error:
            self.stop(now=True)
            raise ExperimentFailure(
                FailureCause.ENDPOINT_UNREACHABLE,
                f"the engine cannot be started: {error}",
                cure="Its program was there when the run began: install it again.",
                retry=False,
            ) from error
        except BaseException:
            self.stop(now=True)
            raise
        wake = self._scope.control.notify
        self._probe = Probe(HOST, self._port.number, launch.health_path, launch.served_name, wake)
        self._usage = UsageRecorder(self._order.folder / "usage.jsonl", self._pids, bool(self._gpus))

    def wait_ready(self, scope: Scope, seconds: float, load_may_start: Callable[[], None] = lambda: None) -> Endpoint:
        """See Server."""
        group, probe = self._group, self._probe
        if group is None or probe is None:
            raise RuntimeError("the server was not started")
        if not scope.wait_until(lambda: probe.ready or group.exit_code is not None, seconds):
            raise not_ready_in_time(seconds, self._log, probe.last)
        if failure := self.failure():
            raise failure
        self._check_listener()
        self._port.release()
        self._ready = True
        if self._launch.asked_name not in (None, probe.served_name):
            self._story.serves_another_model(str(self._launch.asked_name), probe.served_name)
        self._story.observed("running")
        return Endpoint(f"http://{HOST}:{self._port.number}", probe.served_name)

    def failure(self) -> ExperimentFailure | None:
        """See Server."""
        if self._stopping or self._group is None:
            return self._failure
        code = self._group.exit_code
        if code is None:
            return None
        with self._lock:
            if self._failure is None:
                killed = oom_kills() > self._oom_kills
                self._failure = no_room(code, self._order.folder) or diagnose(
                    code, self._log, was_ready=self._ready, oom_killed=killed
                )
            return self._failure

    def disturbances(self) -> int:
        """See Server. There is nothing between."""
        return 0

    def recover(self, scope: Scope) -> None:
        """See Server."""

    def flush_cache(self, scope: Scope) -> bool:
        """See Server."""
        return flush(HOST, self._port.number, self._launch.flush_call, scope)

    def stop(self, now: bool = False) -> None:
        """See Server. A graceful stop is cut short when the run is stopped at once."""
        self._stopping = True
        self._started.set()
        for helper in (self._probe, self._usage):
            if helper is not None:
                helper.stop()
        if self._group is not None:
            self._stop_group(self._group, now)
        with self._lock:
            if self._removed:
                return
            self._removed = True
        self._port.release()
        self._lease.give_back()
        self._on_gone(self)
        self._story.removed()

    def _stop_group(self, group: ProcessGroup, now: bool) -> None:
        try:
            group.stop(now, GRACE, hurry=lambda: self._scope.control.stopping is Interruption.STOP_NOW)
        except ExperimentFailure:
            self._lease.lose_gpus()
            raise

    def _check_listener(self) -> None:
        if foreigner := foreign_listener(self._port.number, self._pids()):
            raise ExperimentFailure(
                FailureCause.ENDPOINT_UNREACHABLE,
                f"port {self._port.number} is answered by {foreigner}, which is not the engine",
                cure="It is tried again on another port.",
            )

    def _pids(self) -> list[int]:
        return [member.pid for member in self._group.members()] if self._group is not None else []

    def _exited(self, code: int) -> None:
        self._scope.control.notify()
        self._started.wait()  # the story is told in order, also of a process that ends at once
        if not self._stopping:
            # The journal's failure is met by the run itself at its next event; this thread has nobody to tell it to.
            with contextlib.suppress(JournalWriteError):
                self._story.observed("exited", describe_exit(code))
