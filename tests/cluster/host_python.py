"""Programs of the host in a pod: /usr, a Python and its packages are mounted read-only, at the same paths.

    pod = host_python().pod("engine", ["-m", "autotuner_core.deploy.local.bundled_server", "--model", path])

or `volumes` and `mounts` for the pod of somebody else: an engine's in a runtime, say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .images import IMAGES

# Always there: the system's programs and libraries, and where the loader finds the latter.
SYSTEM = (Path("/usr"), Path("/etc/ld.so.cache"), Path("/etc/alternatives"))
ASK = "import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix, *sys.path]))"


@dataclass(frozen=True)
class HostPython:
    """An interpreter of the host, and the paths that a pod must mount for it."""

    interpreter: str
    paths: tuple[Path, ...]
    search_path: str  # PYTHONPATH, "" where there is none

    @property
    def volumes(self) -> list[dict[str, Any]]:
        """For `spec.volumes` of a pod."""
        return [{"name": f"host-{n}", "hostPath": {"path": str(path)}} for n, path in enumerate(self.paths)]

    @property
    def mounts(self) -> list[dict[str, Any]]:
        """For `volumeMounts` of a container."""
        return [{"name": f"host-{n}", "mountPath": str(path), "readOnly": True} for n, path in enumerate(self.paths)]

    @property
    def env(self) -> list[dict[str, str]]:
        """For `env` of a container."""
        fixed = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
        if self.search_path:
            fixed["PYTHONPATH"] = self.search_path
        return [{"name": name, "value": value} for name, value in fixed.items()]

    def container(self, name: str, words: Iterable[str | Path], **more: Any) -> dict[str, Any]:
        """A container that runs the interpreter with these words."""
        return {
            "name": name,
            "image": IMAGES[1],
            "command": [self.interpreter, *map(str, words)],
            "env": self.env,
            "volumeMounts": self.mounts,
            **more,
        }

    def pod(self, name: str, words: Iterable[str | Path], **more: Any) -> dict[str, Any]:
        """A pod of one such container; `more` goes into the container."""
        spec = {
            "terminationGracePeriodSeconds": 1,
            "containers": [self.container(name, words, **more)],
            "volumes": self.volumes,
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def host_python(*more: Path, interpreter: str | Path = sys.executable) -> HostPython:
    """What a pod must mount for an interpreter: its own folders, its packages, and `more` (models, scripts).

    What PYTHONPATH names in this process is mounted too, and named to the program in the pod.
    """
    search_path = os.environ.get("PYTHONPATH", "")
    answer = subprocess.run([str(interpreter), "-c", ASK], capture_output=True, text=True, check=True, timeout=30)
    executable, *found = json.loads(answer.stdout)
    wanted = [Path(path).absolute() for path in [*found, *map(str, more)] if path]
    wanted += _prefixes(Path(executable))
    paths = _outermost({path for path in (*SYSTEM, *wanted) if path.exists()})
    return HostPython(executable, paths, search_path)


def _prefixes(executable: Path) -> Iterator[Path]:
    """The installations that a chain of symbolic links leads through."""
    while True:
        yield executable.parent.parent
        if not executable.is_symlink():
            break
        executable = executable.parent / executable.readlink()
    yield executable.resolve().parent.parent


def _outermost(paths: set[Path]) -> tuple[Path, ...]:
    """Without those that lie below another, and without the root (/bin/python's would be)."""
    kept = {Path(os.path.normpath(path)) for path in paths} - {Path("/")}
    return tuple(sorted(path for path in kept if not any(other in path.parents for other in kept)))
