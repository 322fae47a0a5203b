"""The way into a cluster's network: a pair of interfaces with two addresses that nothing else on this machine uses.

Inside there is a bridge for the pods and no default route: nothing gets out, and the same fixed addresses and ports
serve every cluster.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import ClusterError
from .holder import Holder, run
from .places import LOCKS, Place

BRIDGE = "pods0"
NODE_ADDRESS = "10.245.0.1"  # the bridge's
POD_NETWORK = "10.245.0.0/24"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"  # the first address of the service network is the API server's

# Set aside by RFC 2544 for measuring networks: no host on any network has such an address.
WAYS_IN = ipaddress.ip_network("198.18.0.0/16")


@dataclass(frozen=True)
class Way:
    """The two ends of a cluster's way in."""

    host: str
    inside: str


def connect(place: Place, holder: Holder) -> Way:
    """Make the interfaces. The host's end is the only thing that a cluster puts into the host's network."""
    with locked(LOCKS / "network.lock"):
        way = _free_way(place)
        run(["ip", "link", "add", place.interface, "type", "veth", "peer", "name", "host0", "netns", str(holder.pid)])
        run(["ip", "address", "add", f"{way.host}/30", "dev", place.interface])
    run(["ip", "link", "set", place.interface, "up"])
    commands = (
        "link set lo up",
        f"address add {way.inside}/30 dev host0",
        "link set host0 up",
        f"link add {BRIDGE} type bridge",
        f"address add {NODE_ADDRESS}/24 dev {BRIDGE}",
        f"link set {BRIDGE} up",
        f"route add {SERVICE_NETWORK} dev {BRIDGE}",  # no default route: a Service's address needs one to be rewritten
    )
    batch = place.state / "network.batch"
    batch.write_text("".join(f"{command}\n" for command in commands))
    holder.run("ip", "-batch", batch)
    return way


def disconnect(place: Place) -> None:
    """Remove the host's end. The kernel does so by itself once the namespace is gone, a moment later."""
    if Path(f"/sys/class/net/{place.interface}").exists():
        try:
            run(["ip", "link", "delete", place.interface])
        except ClusterError:
            if Path(f"/sys/class/net/{place.interface}").exists():
                raise


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file. Raises BlockingIOError where another has it and `wait` is off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.samefile(f"/proc/self/fd/{file.fileno()}"):  # else its holder has removed it
                yield
                return


def _free_way(place: Place) -> Way:
    used = list(_networks())
    first = int(place.digest, 16)
    subnets = 2 ** (30 - WAYS_IN.prefixlen)
    for step in range(subnets):
        start = int(WAYS_IN.network_address) + (first + step) % subnets * 4
        network = ipaddress.ip_network((start, 30))
        if not any(network.overlaps(other) for other in used):
            return Way(str(network[1]), str(network[2]))
    raise ClusterError(f"all of {WAYS_IN} is in use on this machine (ip route)")


def _networks() -> Iterator[ipaddress.IPv4Network]:
    """What this machine has routes to, the default one aside."""
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]"):
        if route["dst"] != "default":
            yield ipaddress.IPv4Network(route["dst"], strict=False)
