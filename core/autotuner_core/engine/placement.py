"""How a run reaches its servers and loads them: said on the command line at its start, recorded with it, and the same
again when it is resumed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autotuner_core.failures import PreflightError

if TYPE_CHECKING:
    from autotuner_core.kube.access import Access
    from autotuner_core.kube.client import KubeClient
    from autotuner_core.task.model import Task


@dataclass(frozen=True)
class Placement:
    """`direct`: the load comes from this machine. The rest is for backend `ome`: kubeconfig file and context (None: the
    usual rules), the namespace that wins over the task's, a folder with templates of the user's own, and the address of
    the API server that the run began with."""

    direct: bool = False
    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    templates: str | None = None
    server: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What the journal keeps; only what was said."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Placement:
        """The placement of a record. What a newer version says besides is passed over."""
        return cls(**{f.name: record[f.name] for f in fields(cls) if f.name in record})

    def but(self, other: Placement) -> Placement:
        """This one, but for what `other` says. Who names another kubeconfig or context means another way to the API
        server: it may have another address."""
        said = {name: value for name, value in asdict(other).items() if value}
        if "kubeconfig" in said or "context" in said:
            return replace(self, server=None, **said)
        return replace(self, **said)

    @property
    def access(self) -> Access:
        """What the user asked of the way to the cluster."""
        from autotuner_core.kube.access import Access

        return Access(Path(self.kubeconfig) if self.kubeconfig else None, self.context)

    def namespace_of(self, task: Task) -> str:
        """Where the objects of the run are made."""
        return self.namespace or task.model.namespace or ""  # the task was checked: there is one


USUAL = Placement()
"""Nothing said: a local task needs no more."""


def connected(placement: Placement) -> tuple[KubeClient, Placement]:
    """The client of a run, and the placement with what the usual rules chose: a current context that is changed later
    does not take the run to another cluster. Raises PreflightError, also where the API server has another address than
    when the run began."""
    from autotuner_core.kube.client import KubeClient

    client = KubeClient.connect(placement.access)
    if placement.server is not None and client.server != placement.server:
        raise PreflightError(
            f"the run began in the cluster at {placement.server}; context {client.context!r} is the one at "
            f"{client.server}",
            cure="Name the run's own with --kubeconfig and --context (also where the same cluster has a new address).",
        )
    file = placement.kubeconfig or _named_by_environment()
    if file is not None:
        file = str(Path(file).expanduser().absolute())
    return client, replace(placement, kubeconfig=file, context=client.context, server=client.server)


def _named_by_environment() -> str | None:
    named = os.environ.get("KUBECONFIG", "")
    return named if named and os.pathsep not in named else None
