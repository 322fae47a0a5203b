"""Images without a registry: busybox under the names that pods ask for.

A pod that mounts /usr and a Python of the host (host_python.py) runs any program of the host in such an image.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from .errors import ClusterError

PAUSE = "registry.k8s.io/pause:3.10"
BOX = "docker.io/library/busybox:1"
# The names that engines and load generators have in the world; all hold what BOX holds.
IMAGES = (
    BOX,
    "docker.io/lmsysorg/sglang:v0.5.3",
    "docker.io/vllm/vllm-openai:v0.11.0",
    "ghcr.io/sgl-project/genai-bench:0.1.113",
)

BUSYBOX = ("/usr/bin/busybox", "/bin/busybox")
APPLETS = (
    "base64", "cat", "dd", "echo", "env", "false", "grep", "head", "id", "ls", "mkdir", "nc", "nslookup", "rm", "sh",
    "sleep", "tail", "tar", "tr", "true", "wc", "wget",
)  # fmt: skip
FOLDERS = ("busybox", "dev", "etc", "mnt", "opt", "proc", "root", "run", "sys", "tmp", "usr", "var", "var/tmp")
PATH = "/opt/bin:/usr/local/bin:/usr/bin:/bin:/busybox"


def write_archive(out: Path) -> None:
    """Write an archive for `ctr images import` with the pause image and all of IMAGES."""
    layer = _layer()
    digest = hashlib.sha256(layer).hexdigest()
    entries, settings = [], {}
    for names, entrypoint in (([PAUSE], ["/busybox/sleep", "2147483647"]), (list(IMAGES), ["/busybox/sh"])):
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00Z",
            "config": {"Env": [f"PATH={PATH}"], "Entrypoint": entrypoint},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            "history": [{"created": "2020-01-01T00:00:00Z"}],
        }).encode()  # fmt: skip
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        settings[name] = config
        entries.append({"Config": name, "RepoTags": names, "Layers": [f"{digest}/layer.tar"]})
    with tarfile.open(out, "w") as archive:
        for name, data in settings.items():
            _add(archive, name, data)
        _add(archive, f"{digest}/layer.tar", layer)
        _add(archive, "manifest.json", json.dumps(entries).encode())


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in FOLDERS:
            _add(archive, folder, mode=0o1777 if folder.endswith("tmp") else 0o755)
        _add(archive, "busybox/busybox", _busybox(), 0o755)
        for applet in APPLETS:
            _link(archive, f"busybox/{applet}", "busybox")
        for folder in ("bin", "sbin", "lib", "lib64"):  # Debian's own layout: they lead somewhere once /usr is mounted
            _link(archive, folder, f"usr/{folder}")
        _add(archive, "etc/passwd", b"root:x:0:0:root:/root:/busybox/sh\n")
        _add(archive, "etc/group", b"root:x:0:\n")
    return buffer.getvalue()


def _busybox() -> bytes:
    for path in map(Path, BUSYBOX):
        if path.exists():
            return path.read_bytes()
    raise ClusterError("busybox is missing (package busybox-static)")


def _add(archive: tarfile.TarFile, name: str, data: bytes | None = None, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    if data is None:
        entry.type = tarfile.DIRTYPE
    else:
        entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data or b""))


def _link(archive: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    archive.addfile(entry)
