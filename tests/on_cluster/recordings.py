"""Recordings of the real OME (shared/ome/recordings-VERSION.json): one change of one object a line, names normalised
(ISVC, BJ, MODEL_PATH, ...). And what a namespace of the test cluster shows, in the same words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import BENCHMARK_JOB, INFERENCE_SERVICE, Kind
from autotuner_core.kube.watch import Informer
from cluster.cluster import Cluster
from waiting import wait_for

Object = dict[str, Any]
FOLDERS = [parent / "shared" / "ome" for parent in Path(__file__).resolve().parents]
RECORDED_IN = "autotuner"  # the namespace

# Conflicts of its own updates, and a Service that its cache has not seen yet: the real one writes them by chance.
BY_CHANCE = ("InternalError", "UpdateFailed", "StatusUpdateFailed")
OF_SERVICES = ("conditions", "url", "address", "components", "observedGeneration", "modelStatus")


def recording(version: str, case: str) -> list[Object]:
    """The lines of a case. Skips the test where the recordings are not beside this checkout."""
    lines = [line for line in _recording(version) if line["case"] == case]
    assert lines, f"{case} was not recorded of {version}"
    return lines


def was_recorded(version: str, case: str) -> bool:
    """Whether there are lines of a case."""
    return any(line["case"] == case for line in _recording(version))


def _recording(version: str) -> list[Object]:
    for folder in _folders():
        if (path := folder / f"recordings-{version}.json").exists():
            found: list[Object] = json.loads(path.read_text())
            return found
    pytest.skip("the recordings of the real OME are not beside this checkout (shared/ome)")


def _folders() -> list[Path]:
    from cluster.places import ome_folder

    found = ome_folder()
    return [found] if found else FOLDERS


def service_steps(lines: list[Object]) -> list[Object]:
    """The status of the InferenceService, each time that it changed."""
    steps: list[Object] = []
    for line in lines:
        changed = line.get("changed") or {}
        if line["kind"] == INFERENCE_SERVICE.name and changed.keys() & set(OF_SERVICES):
            before = steps[-1] if steps else {}
            conditions = {**before.get("conditions", {}), **changed.get("conditions", {})}
            now = {**before, **{key: changed[key] for key in OF_SERVICES if key in changed}, "conditions": conditions}
            steps.append(now)
    return without_chance(steps)


def without_chance(steps: list[Object]) -> list[Object]:
    """The steps without what depends on how soon the first pod is there: what the model's status says before the model
    is loaded, and of how many pods it knows then."""
    plain: list[Object] = []
    for step in steps:
        about = step.get("modelStatus") or {}
        loaded = about.get("transitionStatus") == "UpToDate"
        kept = {**about, "modelCopies": {**about["modelCopies"], "totalCopies": 1}} if loaded else {}
        now = {**step, "modelStatus": kept}
        if not plain or plain[-1] != now:
            plain.append(now)
    return plain


def in_order(some: list[Object], all_of: list[Object]) -> bool:
    """Whether the one is the other, with some steps left out."""
    rest = iter(all_of)
    return all(any(step == other for other in rest) for step in some)


def events_of(lines: list[Object], kind: Kind) -> set[tuple[str, str, str]]:
    """Type, reason and message of the events about objects of a kind, those by chance left out."""
    about = [line for line in lines if line["kind"] == "Event" and line["on"].startswith(f"{kind.name}/")]
    return {(line["type"], line["reason"], line["message"]) for line in about if line["reason"] not in BY_CHANCE}


class Seen:
    """What happens in a namespace. `names`: an object's name, and the word that the recordings have for it."""

    def __init__(self, namespace: str, **names: str) -> None:
        self.namespace = namespace
        self.words = {name: word for word, name in names.items()}
        self.steps: dict[tuple[str, str], list[Object]] = {}
        self.first: dict[tuple[str, str], Object] = {}
        self.last: dict[tuple[str, str], Object] = {}

    def take(self, kind: Kind, change: str, body: Object) -> None:
        """Note a change."""
        if change == "DELETED":
            return
        plain = self.plain(body)
        key = (kind.name, plain["metadata"]["name"])
        self.first.setdefault(key, plain)
        self.last[key] = plain
        status = _words(plain.get("status") or {}) if kind in (INFERENCE_SERVICE, BENCHMARK_JOB) else {}
        steps = self.steps.setdefault(key, [])
        if status and steps[-1:] != [status]:
            steps.append(status)

    def plain(self, body: Object) -> Object:
        """The object with the recordings' words for names and namespace."""
        text = re.sub(rf"\b{self.namespace}\b", RECORDED_IN, json.dumps(body))
        for name, word in self.words.items():
            text = re.sub(rf"\b{re.escape(name)}\b", word, text)
        found: Object = json.loads(text)
        return found

    def service_steps(self) -> list[Object]:
        """As `service_steps` of a recording."""
        return without_chance(self.steps.get((INFERENCE_SERVICE.name, "ISVC"), []))

    def of(self, kind: Kind) -> dict[str, Object]:
        """The objects of a kind as they were last."""
        return {name: body for (of, name), body in self.last.items() if of == kind.name}

    def events(self, kind: Kind) -> set[tuple[str, str, str]]:
        """As `events_of` a recording."""
        found = [body for (of, _), body in self.last.items() if of == "Event"]
        about = [event for event in found if event["involvedObject"]["kind"] == kind.name]
        return {(e["type"], e["reason"], e["message"]) for e in about if e["reason"] not in BY_CHANCE}


def _words(status: Object) -> Object:
    conditions = status.get("conditions")
    if conditions is None:
        return status
    said = {c["type"]: [c["status"], c.get("reason"), c.get("message")] for c in conditions}
    return {**status, "conditions": said}


@contextmanager
def watched(cluster: Cluster, seen: Seen, *kinds: Kind) -> Iterator[KubeClient]:
    """A client, while everything of these kinds is noted."""
    client = KubeClient.connect(Access(cluster.kubeconfig))

    def note(kind: Kind) -> Any:
        return lambda change, body: seen.take(kind, change, body)

    informers = [Informer(client, kind, seen.namespace, on_change=note(kind)) for kind in kinds]
    for informer in informers:
        informer.start()
    try:
        for informer in informers:
            wait_for(informer.synced.is_set, 60, what=f"{informer.kind.name}s")
        yield client
    finally:
        for informer in informers:
            informer.stop()
