"""What the API server wrote down of one account's requests: the runs that have it send nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from autotuner_core.deploy.ome.rbac import render_rbac
from cluster.cluster import Cluster
from on_cluster.logins import kubeconfig_of
from on_cluster.tuning import TunerOnCluster

ACCOUNT = "counted"


class Audited:
    """An account in a namespace with the rights of a run there."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self._rights = render_rbac(self.namespace, name=ACCOUNT)
        cluster.kubectl("apply", "-f", "-", input=self._rights)
        self.token = cluster.kubectl("create", "token", ACCOUNT, "-n", self.namespace).strip()
        self.user = f"system:serviceaccount:{self.namespace}:{ACCOUNT}"

    def takes(self, run: TunerOnCluster, folder: Path) -> None:
        """Let the run use the account."""
        options = list(run.run_options)
        kubeconfig = kubeconfig_of(self.cluster, {"token": self.token}, folder / "kubeconfig")
        options[options.index("--kubeconfig") + 1] = str(kubeconfig)
        run.run_options = tuple(options)

    def close(self) -> None:
        """Take the account and its rights away."""
        self.cluster.kubectl("delete", "--ignore-not-found", "-f", "-", input=self._rights)

    def requests(self, since: float, until: float) -> Counter[str]:
        """What was asked in this time (seconds since the epoch), by verb and kind."""
        return Counter(what for at, what in self.all() if since <= at < until)

    def all(self) -> Iterator[tuple[float, str]]:
        """When each request came (seconds since the epoch), with its verb and kind; each once, a watch as well."""
        for line in self.cluster.place.log("audit").read_text().splitlines():
            entry = json.loads(line)
            if entry["user"]["username"] == self.user:
                about = entry.get("objectRef") or {"resource": entry["requestURI"].partition("?")[0]}
                kind = "/".join(filter(None, [about.get("resource"), about.get("subresource")]))
                at = datetime.fromisoformat(entry["requestReceivedTimestamp"].replace("Z", "+00:00"))
                yield at.timestamp(), f"{entry['verb']} {kind}"
