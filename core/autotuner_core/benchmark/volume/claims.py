"""The claims that a run's results are written to: the task's own, which stays, and one more for each further experiment
under way where only one node may write to it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.benchmark.volume.claim_state import fault, is_shared, not_bound, usable
from autotuner_core.benchmark.volume.manifests import claim_name, render_claim
from autotuner_core.control import Control, Scope
from autotuner_core.deploy.ome.deletion import wait_gone
from autotuner_core.deploy.ome.diagnosis import not_made
from autotuner_core.deploy.ome.fields import Object, name_of, uid_of
from autotuner_core.deploy.ome.run_in_cluster import RunInCluster
from autotuner_core.failures import ExperimentFailure, FailureCause
from autotuner_core.kube.errors import KubeError, as_failure
from autotuner_core.kube.kinds import EVENT, PVC
from autotuner_core.run.events import ResourceCreated, ResourceIntended, ResourceRemoved, RunNote
from autotuner_core.run.journal import Recorder

if TYPE_CHECKING:
    from autotuner_core.kube.client import KubeClient

BIND_SECONDS = 180.0
"""In which a volume is made: a cloud's take half a minute."""
GONE_SECONDS = 90.0
"""A claim stays until the last pod that mounts it is gone."""
LOOK_SECONDS, LONGEST_LOOK = 0.5, 5.0
"""Between two looks at a claim that has no volume yet: longer each time, for there may be many that wait."""


class Claims:
    """Of one run. `prepare` once, `take` and `give_back` for each attempt, `finish` at the end. Thread-safe."""

    def __init__(self, client: KubeClient, where: RunInCluster, recorder: Recorder, control: Control) -> None:
        self._client, self._where, self._recorder, self._control = client, where, recorder, control
        self._own = where.task.kubernetes.pvc.name
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._extra: set[str] = set()
        self._kept: dict[str, str] = {}
        self._shared = False

    def prepare(self, scope: Scope) -> None:
        """See that the task's claim is there and can be written to; it is made where it is missing. Raises
        ExperimentFailure and Interrupted."""
        with self._lock:
            self._extra |= {name_of(body) for body in self._left()}
        self._shared = is_shared(self._ready(self._own, scope))

    def take(self, scope: Scope) -> str:
        """A claim for one attempt, made where it is missing. Raises ExperimentFailure and Interrupted."""
        with self._lock:
            name = self._own if self._shared else self._free()
            self._taken.add(name)
        try:
            self._ready(name, scope)
        except BaseException:
            self.give_back(name)
            raise
        return name

    def hold(self, name: str) -> None:
        """An attempt that goes on has it already."""
        with self._lock:
            self._taken.add(name)

    def give_back(self, name: str) -> None:
        """The attempt is over."""
        with self._lock:
            self._taken.discard(name)

    def is_extra(self, name: str) -> bool:
        """Whether it goes with the run: what lies on it is to be brought home."""
        return name != self._own

    def keep(self, name: str, why: str) -> None:
        """Results on it could not be brought home: it stays, although it is one more."""
        with self._lock:
            self._kept[name] = why

    def finish(self) -> None:
        """Remove the run's further claims, those of an earlier host too. Raises ExperimentFailure for the first that
        cannot be, after the others."""
        failures: list[ExperimentFailure] = []
        for name in sorted(self._extra):
            try:
                self._let_stay(name) if name in self._kept else self._remove(name)
            except ExperimentFailure as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    # ---- making

    def _free(self) -> str:
        slot = 1
        while (name := claim_name(self._where, slot)) in self._taken:
            slot += 1
        return name

    def _ready(self, name: str, scope: Scope) -> Object:
        """The claim, once a pod can be started with it."""
        try:
            claim, events, looked = self._found(name) or self._made(name), list[Object](), time.monotonic()
            pause = LOOK_SECONDS

            def over() -> bool:
                nonlocal claim, events, looked, pause
                if time.monotonic() >= looked + pause:
                    claim, events = self._found(name) or claim, self._events(name, claim)
                    looked, pause = time.monotonic(), min(pause * 1.5, LONGEST_LOOK)
                if (failure := fault(claim, events, self._client.server_now())) is not None:
                    raise failure
                return usable(claim, events)

            if not scope.wait_until(over, BIND_SECONDS, poll=LOOK_SECONDS):
                raise not_bound(claim, events, BIND_SECONDS)
            return claim
        except KubeError as error:
            raise as_failure(error, f"look for the claim {name}") from error

    def _found(self, name: str) -> Object | None:
        found: Mapping[str, Any] | None = self._client.get(PVC, name, self._where.namespace)
        return found

    def _events(self, name: str, claim: Object) -> list[Object]:
        about = f"involvedObject.kind={PVC.name},involvedObject.name={name}"
        listed, _ = self._client.list(EVENT, self._where.namespace, fields=about)
        return [one for one in listed if one["involvedObject"].get("uid") in (uid_of(claim), None)]

    def _made(self, name: str) -> Object:
        namespace, extra = self._where.namespace, self.is_extra(name)
        body = render_claim(self._where, name)
        if extra:
            with self._lock:
                self._extra.add(name)
            self._recorder.record(ResourceIntended(**self._resource(name)))
        try:
            made: Mapping[str, Any] = self._client.create(PVC, body, namespace)
        except KubeError as error:
            found = self._found(name) if error.is_conflict else None
            if found is None:
                raise not_made(error, f"the claim {name}", namespace=namespace) from error
            return found
        if extra:
            self._recorder.record(ResourceCreated(**self._resource(name)))
        else:
            text = f"the claim {name} was missing and has been made; it stays after the run, with the results"
            self._recorder.record(RunNote(text=text, code="claim_made"))
        return made

    # ---- removing

    def _left(self) -> list[Object]:
        """The run's further claims that are there."""
        shape = re.compile(rf".*-{re.escape(self._where.run_id[-4:])}-\d+")
        try:
            listed, _ = self._client.list(PVC, self._where.namespace, labels=self._where.selector)
        except KubeError as error:
            raise as_failure(error, "look for claims of the run") from error
        return [body for body in listed if name_of(body) != self._own and shape.fullmatch(name_of(body))]

    def _remove(self, name: str) -> None:
        try:
            body = self._found(name)
            if body is not None and self._where.owns(body):
                self._client.delete(PVC, name, self._where.namespace, uid=uid_of(body))
                gone = wait_gone(lambda: self._is_gone(body), self._control, GONE_SECONDS, poll=LOOK_SECONDS)
                if not gone:
                    raise self._stuck(name)
        except KubeError as error:
            if error.lacks_right:
                return self._tell_kept(
                    f"the claim {name} stays, for this user may not remove it: {self._by_hand(name)}"
                )
            raise as_failure(error, f"remove the claim {name}, which this run has made") from error
        with self._lock:
            self._extra.discard(name)
        self._recorder.record(ResourceRemoved(**self._resource(name)))
        return None

    def _is_gone(self, body: Object) -> bool:
        found = self._found(name_of(body))
        return found is None or uid_of(found) != uid_of(body)

    def _let_stay(self, name: str) -> None:
        why = f"genai-bench's files on it were not brought home ({self._kept[name]})"
        self._tell_kept(f"the claim {name} stays, for {why}. Once they are of no use: {self._by_hand(name)}")

    def _by_hand(self, name: str) -> str:
        return f"kubectl delete pvc {name} -n {self._where.namespace}"

    def _tell_kept(self, text: str) -> None:
        self._recorder.record(RunNote(text=text, level="warning", code="claim_kept"))

    def _stuck(self, name: str) -> ExperimentFailure:
        namespace = self._where.namespace
        return ExperimentFailure(
            FailureCause.STUCK_DELETION,
            f"the claim {name} was removed {GONE_SECONDS:.0f} s ago and is still there",
            cure=f"kubectl describe pvc {name} -n {namespace} shows the pod that still mounts it.",
        )

    def _resource(self, name: str) -> dict[str, Any]:
        return {"kind": PVC.name, "name": name, "token": self._where.run_id}
