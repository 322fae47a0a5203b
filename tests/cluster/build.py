"""Kubernetes' programs, etcd and CoreDNS, built from their Go modules into the cache.

The modules are those of modules/, the builder's cache is Go's own: cold it takes minutes, and a rebuild after a change
of ours seconds. What is built stands in a folder named by all that it was built from.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .errors import ClusterError
from .network import locked
from .places import CACHE, LOCKS, MODULES

COMMANDS = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kubelet", "kube-proxy",
)  # fmt: skip
PACKAGES = {
    "k8s": ["go.etcd.io/etcd/server/v3", *(f"k8s.io/kubernetes/cmd/{name}" for name in COMMANDS)],
    "coredns": ["."],
    "kwok": ["sigs.k8s.io/kwok/cmd/kwok"],  # fake nodes by the hundred: built where it is asked for
}
USUAL = ("k8s", "coredns")
NO_GO = "go is missing: https://go.dev/dl/ (1.21 or newer: what is newer it fetches itself)"
RENAMED = {"server": "etcd"}  # the package of etcd is named "server"
BUILD = ("go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly")
# Without C: static programs, and one cache (the other setting compiles nearly everything again).
SETTINGS = {"CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}


def programs() -> Path:
    """The folder that the usual programs are in, or will be."""
    return CACHE / "bin" / digest(USUAL)


def are_built() -> bool:
    """Whether the usual programs are there, built from what lies here now."""
    return (programs() / ".built").exists()


def build(say: Callable[[str], None]) -> Path:
    """Build the usual programs where they are not there. Raises ClusterError with the compiler's words."""
    out = programs()
    with locked(LOCKS / "build.lock"):
        if not are_built():
            shutil.rmtree(out, ignore_errors=True)
            for module in USUAL:
                say(f"building {module} (cold it takes minutes)")
                build_module(module, out)
            (out / ".built").touch()
    return out


def build_module(module: str, out: Path) -> None:
    """Build one module's programs into a folder."""
    if shutil.which("go") is None:
        raise ClusterError(NO_GO)
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [*BUILD, "-ldflags", _link_flags(module), "-o", f"{out}/", *PACKAGES[module]],
        cwd=MODULES / module, env=os.environ | SETTINGS, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join(f"  | {line}" for line in done.stdout.splitlines()[-15:])
        raise ClusterError(f"go build of {MODULES / module} failed (exit code {done.returncode})\n{tail}")
    for old, new in RENAMED.items():
        if (out / old).exists():
            (out / old).replace(out / new)


def _link_flags(module: str) -> str:
    if module != "k8s":
        return "-s -w"
    found = re.search(r"^\s*k8s\.io/kubernetes v(\S+)", (MODULES / "k8s" / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise ClusterError("modules/k8s/go.mod names no version of k8s.io/kubernetes")
    version = found[1]
    base, client = "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"
    # Without these the version is v0.0.0-master+$Format:%H$, which `kubectl version` and other clients cannot read.
    values = {
        f"{base}.gitVersion": f"v{version}", f"{base}.gitMajor": "1", f"{base}.gitMinor": version.split(".")[1],
        f"{base}.gitTreeState": "clean", f"{client}.gitVersion": f"v{version}",
    }  # fmt: skip
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])


def digest(modules: tuple[str, ...]) -> str:
    """Of all that goes into the programs, Go's own version aside."""
    seen = hashlib.sha256(repr((BUILD, sorted(SETTINGS.items()))).encode())
    for module in modules:
        seen.update(repr((PACKAGES[module], _link_flags(module))).encode())
        for path in sorted((MODULES / module).iterdir()):
            seen.update(path.name.encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()[:12]
