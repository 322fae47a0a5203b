"""Objects of an API server, made and looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autotuner_core.kube.calls import Calls, Object
from autotuner_core.kube.errors import KubeError
from autotuner_core.kube.kinds import Kind

PAGE = 500  # objects in one answer of a list


class Objects(Calls):
    """All methods raise KubeError."""

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Object | None:
        """The object, or None where there is none."""
        try:
            return self._call("get", kind.name, "GET", kind.path(namespace, name))
        except KubeError as error:
            if error.status == 404 and not (kind.namespaced and _namespace_is_gone(error)):
                return None
            raise

    def list(
        self, kind: Kind, namespace: str | None = None, labels: str = "", fields: str = ""
    ) -> tuple[list[Object], str]:
        """All objects of a kind (without a namespace: of all namespaces), and the resourceVersion to watch from."""
        items: list[Object] = []
        query = {"limit": str(PAGE), **selectors(labels, fields)}
        while True:
            page = self._call("list", kind.name, "GET", kind.path(namespace), query)
            items += page.get("items") or ()
            about = page.get("metadata") or {}
            if not about.get("continue"):
                return items, str(about.get("resourceVersion", ""))
            query["continue"] = about["continue"]

    def create(
        self, kind: Kind, body: Mapping[str, Any], namespace: str | None = None, *, dry_run: bool = False
    ) -> Object:
        """Make it; unknown fields are refused. Where an answer was lost and the call tried again, AlreadyExists (409)
        may mean that it was made by this very call."""
        query = {"fieldValidation": "Strict", "fieldManager": "autotuner-tui", **({"dryRun": "All"} if dry_run else {})}
        return self._call("create", kind.name, "POST", kind.path(namespace), query, body)

    def patch(
        self, kind: Kind, name: str, body: Mapping[str, Any], namespace: str | None = None, *, subresource: str = ""
    ) -> Object:
        """Merge `body` into it (RFC 7386)."""
        path, query = kind.path(namespace, name, subresource), {"fieldValidation": "Strict"}
        return self._call("patch", kind.name, "PATCH", path, query, body, "application/merge-patch+json")

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: str = "Foreground",
        grace: int | None = None,
    ) -> bool:
        """Begin to delete it. False where there is none, or, with `uid`, where it is another one by now."""
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            self._call("delete", kind.name, "DELETE", kind.path(namespace, name), {}, body)
        except KubeError as error:
            if error.status == 404 or (error.is_conflict and uid is not None):
                return False
            raise
        return True


def _namespace_is_gone(error: KubeError) -> bool:
    return 'namespaces "' in error.message


def selectors(labels: str, fields: str) -> dict[str, str]:
    """The query of a list or a watch that is to show some objects only."""
    return {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
