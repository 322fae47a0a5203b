"""How a run reaches its servers and loads them: said on the command line at its start, recorded with it, and the same
again when it is resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

    def namespace_of(self, task: Task) -> str:
        """Where the objects of the run are made."""
        return self.namespace or task.model.namespace or ""  # the task was checked: there is one


USUAL = Placement()
"""Nothing said: a local task needs no more."""
