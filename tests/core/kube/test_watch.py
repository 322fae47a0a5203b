"""A watch that breaks, in the ways in which they do: what was missed is made up for, nothing is told twice."""

from __future__ import annotations

import threading
from typing import Any

from api_server import HANG, serving, status

from autotuner_core.kube.client import KubeClient
from autotuner_core.kube.kinds import POD
from autotuner_core.kube.watch import Informer
from waiting import wait_for


def pod(name: str, version: int, uid: str = "") -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "ns", "resourceVersion": str(version), "uid": uid or name}}


def listed(version: int, *pods: dict[str, Any]) -> Any:
    return 200, {"items": list(pods), "metadata": {"resourceVersion": str(version)}}, {}


def change(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "object": body}


class Told:
    def __init__(self, client: KubeClient) -> None:
        self.changes: list[tuple[str, str, str]] = []
        self.informer = Informer(client, POD, "ns", on_change=self.take)

    def take(self, kind: str, body: dict[str, Any]) -> None:
        about = body["metadata"]
        self.changes.append((kind, about["name"], about["resourceVersion"]))


def test_changes_are_told_once_also_when_the_watch_is_cut_and_goes_on() -> None:
    cut = [change("MODIFIED", pod("a", 2)), b'{"type": "ADDED", "obj']
    after = [change("MODIFIED", pod("a", 3)), change("BOOKMARK", pod("", 5))]
    last = [change("ADDED", pod("b", 6)), change("DELETED", pod("a", 7)), HANG]
    with serving(listed(1, pod("a", 1)), (200, cut, {}), (200, after, {}), (200, last, {})) as (server, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: len(told.changes) == 5, 20, what="five changes")
        told.informer.stop()
    assert told.changes == [
        ("ADDED", "a", "1"),
        ("MODIFIED", "a", "2"),
        ("MODIFIED", "a", "3"),
        ("ADDED", "b", "6"),
        ("DELETED", "a", "7"),
    ]
    versions = [path.partition("resourceVersion=")[2].partition("&")[0] for path in server.asked]
    assert versions == ["", "1", "2", "5"] and told.informer.failure is None
    assert [body["metadata"]["name"] for body in told.informer.objects()] == ["b"]


def test_what_vanished_or_was_replaced_while_nothing_was_seen_is_told() -> None:
    gone = {"type": "ERROR", "object": status(410, "Expired", "too old resource version")[1]}
    with serving(
        listed(1, pod("a", 1), pod("b", 1, "old")), (200, [gone], {}), listed(9, pod("b", 8, "new")), (200, [HANG], {})
    ) as (_, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: len(told.changes) == 5, 20, what="five changes")
        told.informer.stop()
    assert told.changes[2:] == [("DELETED", "a", "1"), ("DELETED", "b", "1"), ("ADDED", "b", "8")]


def test_while_nothing_can_be_seen_that_is_said_and_over_once_it_can() -> None:
    refused = status(403, "Forbidden", "no more rights")
    with serving(refused, refused, listed(1, pod("a", 1)), (200, [HANG], {})) as (_, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: told.informer.failure is not None, 20, what="a failure")
        wait_for(lambda: told.informer.synced.is_set() and told.informer.failure is None, 20, what="the cure")
        told.informer.stop()


def test_who_may_not_watch_sees_by_lists_and_is_not_taken_for_blind() -> None:
    refused = status(403, "Forbidden", "no right to watch")
    seen = [listed(version, pod("a", version)) for version in (1, 2)]
    with serving(seen[0], refused, seen[1], refused, listed(3)) as (_, client, _):
        told = Told(client)
        failures: list[object] = []
        told.informer._on_change = lambda kind, body: (told.take(kind, body), failures.append(told.informer.failure))
        told.informer.start()
        wait_for(lambda: len(told.changes) == 3, 20, what="three changes")
        told.informer.stop()
    assert told.changes == [("ADDED", "a", "1"), ("MODIFIED", "a", "2"), ("DELETED", "a", "2")]
    assert failures == [None] * 3


def test_who_waits_for_a_change_is_not_left_to_a_watch_that_only_looks_alive() -> None:
    now = listed(2, pod("a", 2))
    with serving(listed(1), (200, [HANG], {}), now, now, (200, [HANG], {})) as (server, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: len(server.asked) == 2, 20, what="the watch")
        told.informer.freshen(60)
        wait_for(lambda: told.informer.freshen(0.3) or told.changes, 20, what="the change that was not told")
        told.informer.stop()
    assert told.changes == [("ADDED", "a", "2")] and "watch=true" not in server.asked[2]


def test_a_long_wait_costs_one_request_for_each_look_that_finds_the_watch_whole() -> None:
    looks = [listed(1, pod("a", 1)) for _ in range(3)]
    with serving(looks[0], (200, [HANG], {}), *looks) as (server, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: len(server.asked) == 2, 20, what="the watch")
        wait_for(lambda: told.informer.freshen(0.05) or len(server.asked) >= 5, 20, what="three looks")
        told.informer.stop()
    assert not any("watch=true" in path for path in server.asked[2:])
    assert told.changes == [("ADDED", "a", "1")]


def test_a_watch_that_is_stopped_leaves_no_thread_and_no_connection() -> None:
    with serving(listed(1), (200, [change("ADDED", pod("a", 2)), HANG], {})) as (_, client, _):
        told = Told(client)
        told.informer.start()
        wait_for(lambda: told.changes, 20, what="a change")
        told.informer.stop()
        wait_for(lambda: not any(t.name == "watch-pods" for t in threading.enumerate()), 20, what="the thread's end")


def test_a_look_that_fails_does_not_blind_the_watch() -> None:
    with serving(listed(1, pod("a", 1)), (200, [change("ADDED", pod("b", 2)), HANG], {})) as (_, client, _):
        told = Told(client)
        seen: list[str] = []

        def fails_first(kind: str, body: dict[str, Any]) -> None:
            seen.append(body["metadata"]["name"])
            if len(seen) == 1:
                raise RuntimeError("a fault of the viewer")

        told.informer._on_change = fails_first
        told.informer.start()
        wait_for(lambda: seen == ["a", "b"], 20, what="both")
        told.informer.stop()
