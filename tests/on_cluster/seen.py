"""What happens in a namespace of the test cluster, in the words of the recordings of the real OME."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autotuner_core.kube.access import Access
from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import BENCHMARK_JOB, INFERENCE_SERVICE, Kind
from autotuner_core.kube.watch import Informer
from cluster.cluster import Cluster
from on_cluster.recordings import BY_CHANCE, RECORDED_IN, without_chance
from waiting import wait_for

Object = dict[str, Any]


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

    def states(self, condition: str) -> list[str]:
        """What a condition of the InferenceService was, one after the other."""
        steps = [step["conditions"] for step in self.service_steps()]
        return unrepeated([step[condition][0] for step in steps if condition in step])

    def of(self, kind: Kind) -> dict[str, Object]:
        """The objects of a kind as they were last."""
        return {name: body for (of, name), body in self.last.items() if of == kind.name}

    def events(self, kind: Kind) -> set[tuple[str, str, str]]:
        """As `events_of` a recording."""
        found = [body for (of, _), body in self.last.items() if of == "Event"]
        about = [event for event in found if event["involvedObject"]["kind"] == kind.name]
        return {(e["type"], e["reason"], e["message"]) for e in about if e["reason"] not in BY_CHANCE}


def unrepeated(words: list[str]) -> list[str]:
    """Without those that repeat the one before."""
    return [word for n, word in enumerate(words) if n == 0 or words[n - 1] != word]


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
