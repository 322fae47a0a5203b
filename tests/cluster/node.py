"""containerd, kubelet, kube-proxy and CoreDNS: their settings and command lines. Their folders are the usual ones: in
the cluster's namespaces these are its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from . import registry
from .cgroups import usable_root
from .credentials import NODE, kubeconfig_of
from .images import PAUSE
from .network import BRIDGE, NODE_ADDRESS, POD_NETWORK
from .places import Place

SOCKET = "/run/containerd/containerd.sock"
CNI_PROGRAMS = ("/usr/lib/cni", "/opt/cni/bin")  # Debian's place, and everybody else's
# What OME's benchmark pods select, and the model that OME's agent would have found on the node.
LABELS = {"nvidia.com/gpu": "true", "models.ome.io/clusterbasemodel.llama-3-2-1b-instruct": "Ready"}

CONTAINERD = """
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper",
]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE a negative oom_score_adj makes runc die of "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{registries}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{programs}"
    conf_dir = "{settings}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""
COREFILE = """
.:53 {{
  bind {address}
  errors
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
  }}
}}
"""


def containerd(place: Place) -> list[str | Path]:
    """Write the settings of containerd, of the pods' network and of where images come from; returns the command."""
    network = {
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [{
            "type": "bridge", "bridge": BRIDGE, "isGateway": True, "isDefaultGateway": True, "ipMasq": False,
            "hairpinMode": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": POD_NETWORK, "rangeStart": "10.245.0.10"}]]},
        }],
    }  # fmt: skip
    folder = place.state / "cni"
    folder.mkdir(exist_ok=True)
    (folder / "10-pods.conflist").write_text(json.dumps(network))
    everywhere = place.state / "registries" / "_default"
    everywhere.mkdir(parents=True, exist_ok=True)
    address = f"http://{NODE_ADDRESS}:{registry.PORT}"
    (everywhere / "hosts.toml").write_text(f'server = "{address}"\n[host."{address}"]\n')
    programs = next((path for path in CNI_PROGRAMS if Path(path, "bridge").exists()), CNI_PROGRAMS[0])
    settings = place.state / "containerd.toml"
    settings.write_text(
        CONTAINERD.format(socket=SOCKET, pause=PAUSE, programs=programs, settings=folder, registries=everywhere.parent)
    )
    return ["containerd", "-c", settings]


def empty_registry() -> list[str | Path]:
    """Where all image names lead that are not on the node."""
    return [sys.executable, "-m", "tests.cluster.registry", NODE_ADDRESS, str(registry.PORT)]


def kubelet(place: Place, programs: Path) -> list[str | Path]:
    """Write the kubelet's settings and make the pods' control group; returns the command."""
    resolver = place.state / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n")
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False}, "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(place.pki / "ca.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs", "cgroupRoot": usable_root(place.cgroup), "failCgroupV1": False,
        "failSwapOn": False, "oomScoreAdj": 0, "enforceNodeAllocatable": ["pods"],
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "clusterDNS": [NODE_ADDRESS], "clusterDomain": "cluster.local", "resolvConf": str(resolver),
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "nodeStatusUpdateFrequency": "5s", "syncFrequency": "5s", "readOnlyPort": 0, "maxPods": 100,
    }  # fmt: skip
    path = place.state / "kubelet.json"
    path.write_text(json.dumps(settings))
    labels = ",".join(f"{name}={value}" for name, value in LABELS.items())
    return [
        programs / "kubelet", "--config", path, "--kubeconfig", kubeconfig_of(place, "kubelet"),
        "--hostname-override", NODE, "--node-ip", NODE_ADDRESS, "--node-labels", labels,
    ]  # fmt: skip


def kube_proxy(place: Place, programs: Path) -> list[str | Path]:
    """The limits of connection tracking are the machine's, not ours to set."""
    return [
        programs / "kube-proxy", "--kubeconfig", kubeconfig_of(place, "kube-proxy"), "--hostname-override", NODE,
        "--proxy-mode", "iptables", "--oom-score-adj", "0", "--cluster-cidr", POD_NETWORK,
        "--conntrack-max-per-core", "0", "--conntrack-tcp-timeout-established", "0",
        "--conntrack-tcp-timeout-close-wait", "0",
    ]  # fmt: skip


def coredns(place: Place, programs: Path) -> list[str | Path]:
    """On the bridge's address itself: it needs no Deployment, no Service and no image."""
    settings = place.state / "Corefile"
    settings.write_text(COREFILE.format(address=NODE_ADDRESS, kubeconfig=kubeconfig_of(place, "coredns")))
    return [programs / "coredns", "-conf", settings]
