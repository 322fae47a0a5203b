"""Where the test cluster's things are: programs once for all, and a folder for each cluster by its name."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
MODULES = HERE / "modules"

# Read once: a test's environment loses variables of this kind.
_CACHE_HOME = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
CACHE = Path(_CACHE_HOME).expanduser().absolute() / "autotuner-tui" / "test-cluster"
CLUSTERS = CACHE / "clusters"
LOCKS = CACHE / "locks"
REAL_OME = os.environ.get("AUTOTUNER_TEST_OME", "")

DEFAULT_NAME = "dev"
SESSION_PREFIX = "pytest-"  # clusters of test sessions, which end with their session


@dataclass(frozen=True)
class Place:
    """What belongs to one cluster on the host."""

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?", self.name):
            raise ValueError(f"a cluster's name is small letters, digits and hyphens, at most 30: {self.name!r}")

    @property
    def state(self) -> Path:
        return CLUSTERS / self.name

    @property
    def lock(self) -> Path:
        """Held while the cluster is brought up or taken down."""
        return LOCKS / f"{self.name}.lock"

    @property
    def digest(self) -> str:
        """Tells clusters of one name in several caches (users) apart: 8 hexadecimal digits."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def interface(self) -> str:
        """The host's end of the way in; an interface's name has at most 15 characters."""
        return f"atc-{self.digest}"

    @property
    def cgroup(self) -> str:
        """Below it are this node's pods, and no other's: a kubelet removes groups that it does not know."""
        return f"autotuner-test-{self.name}-{self.digest}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, valid from outside the namespaces too."""
        return self.state / "kubeconfig"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def settings(self) -> Path:
        return self.state / "settings.json"

    def record(self, part: str) -> Path:
        """The line of /proc/PID/stat of a process that was started."""
        return self.state / "processes" / part

    def log(self, part: str) -> Path:
        return self.state / "log" / f"{part}.log"


def ome_folder() -> Path | None:
    """The folder with OME's real CRDs (`crds/`), None where there is none: $AUTOTUNER_TEST_OME, else `shared/ome`
    beside the checkout, or beside the one that a worktree belongs to."""
    folder = Path(REAL_OME) if REAL_OME else _main_checkout().parent / "shared" / "ome"
    return folder if (folder / "crds").is_dir() else None


def _main_checkout() -> Path:
    git = REPOSITORY / ".git"
    if git.is_file():  # "gitdir: CHECKOUT/.git/worktrees/NAME"
        return Path(git.read_text().split(maxsplit=1)[1].strip()).parents[2]
    return REPOSITORY
