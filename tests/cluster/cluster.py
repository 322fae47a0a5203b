"""A cluster that is up, for tests and people: kubectl, the node's GPUs, its programs one by one."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from . import control_plane, node, objects, ome_part
from .api import Api
from .errors import ClusterError
from .holder import Holder
from .packages import SYSTEM_PATH
from .parts import PARTS, Parts
from .places import Place
from .processes import until
from .settings import Settings


class Cluster:
    """One cluster. Raises ClusterError where something does not go as asked."""

    def __init__(self, place: Place, holder: Holder | None = None) -> None:
        self.place = place
        self.holder = holder or Holder(place)

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's; its namespace is `autotuner`."""
        return self.place.kubeconfig

    @property
    def settings(self) -> Settings:
        return Settings.load(self.place)

    @property
    def bin(self) -> Path:
        """The folder of kubectl and of Kubernetes' other programs."""
        return Path(self.settings.programs)

    @property
    def address(self) -> str:
        """Of the node from outside: of the API server, and of every NodePort."""
        return self.settings.address

    @cached_property
    def api(self) -> Api:
        """Plain calls to the API server."""
        return Api(self.settings.address, self.place.pki / "ca.crt", self.settings.token)

    @cached_property
    def parts(self) -> Parts:
        """The programs as processes."""
        return Parts(self.place, self.holder, f"{self.bin}:{SYSTEM_PATH}")

    def kubectl(self, *words: str | Path, input: str | None = None, seconds: float = 120) -> str:
        """What kubectl writes to stdout. Raises ClusterError with what it says where it fails."""
        command = [self.bin / "kubectl", "--kubeconfig", self.kubeconfig, *words]
        done = subprocess.run(
            [str(word) for word in command], input=input, stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds, env={"HOME": "/nonexistent", "PATH": SYSTEM_PATH},
        )  # fmt: skip
        if done.returncode:
            raise ClusterError(f"kubectl {' '.join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def ome_version(self, version: str) -> None:
        """Have the stand-in of OME's controller take on the ways of a version (OME_VERSIONS) from now on."""
        self._ome(replace(self.settings, ome=version))

    def ome_webhooks(self, on: bool) -> None:
        """Have OME be asked about its objects before they are stored, or not. The API server knows it a moment later;
        this waits for it."""
        self._ome(replace(self.settings, webhooks=on))
        if not until(lambda: ome_part.is_asked(self.api) is on, 60, 0.05):
            raise ClusterError(f"OME's webhooks are not {'asked' if on else 'gone'} after 60 s")

    def _ome(self, settings: Settings) -> None:
        if settings != self.settings:
            settings.save(self.place)
            self.restart("ome")

    def node_gpus(self, gpus: int) -> None:
        """Give the node so many GPUs."""
        objects.set_gpus(self.api, gpus)

    def commands(self, part: str) -> Sequence[str | Path]:
        """How a program is called; its settings are written."""
        place, programs = self.place, self.bin
        return {
            "etcd": lambda: control_plane.etcd(place, programs),
            "apiserver": lambda: control_plane.apiserver(place, programs),
            "controller-manager": lambda: control_plane.controller_manager(place, programs),
            "scheduler": lambda: control_plane.scheduler(place, programs),
            "containerd": lambda: node.containerd(place),
            "kubelet": lambda: node.kubelet(place, programs),
            "kube-proxy": lambda: node.kube_proxy(place, programs),
            "coredns": lambda: node.coredns(place, programs),
            "registry": lambda: node.empty_registry(),
            "ome": lambda: ome_part.command(place, self.settings),
        }[part]()

    def start(self, part: str) -> None:
        """Start one of the programs (parts.PARTS); it is not waited for."""
        self.parts.start(self._known(part), self.commands(part))

    def stop(self, part: str) -> None:
        """End one of the programs, and wait for its end. Pods outlive the kubelet, and containerd."""
        self.parts.stop(self._known(part))

    def restart(self, part: str) -> None:
        """End and start one of the programs, and wait until it serves; where it is the kubelet, GPUs and all."""
        self.stop(part)
        self.start(part)
        if part in ("etcd", "apiserver"):
            self.parts.wait(part, self.api.ready)
        if part == "kubelet":
            self.parts.wait(part, lambda: objects.node_is_ready(self.api))
            self.node_gpus(self.settings.gpus)

    def _known(self, part: str) -> str:
        if part not in PARTS:
            raise ValueError(f"{part} is none of {', '.join(PARTS)}")
        return part
