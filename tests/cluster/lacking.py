"""Why there can be no cluster on this machine, in words that say what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from . import build, cgroups, packages
from .errors import SETUP


def reasons(*, to_build: bool = False) -> list[str]:
    """What stands in the way, and no command of ours can change; empty where all is well.

    `to_build`: of setup, which brings packages and programs itself; else these must be there.
    """
    if sys.platform != "linux":
        return ["the test cluster needs Linux"]
    found = []
    if os.geteuid() != 0:
        found.append(f"the test cluster needs root: sudo {SETUP}")
    elif not _may_make_namespaces():
        found.append("the test cluster needs the right to make namespaces (CAP_SYS_ADMIN; in Docker: --privileged)")
    if without := cgroups.missing():
        found.append(f"control groups without {', '.join(without)} at {cgroups.MOUNTED}")
    if to_build:
        if not build.are_built() and shutil.which("go") is None:
            found.append(build.NO_GO)
        return found
    if names := packages.missing():
        found.append(f"packages are missing ({', '.join(names)})")
    if not build.are_built():
        found.append("the programs are not built")
    return found


def _may_make_namespaces() -> bool:
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20).returncode == 0
    except FileNotFoundError:
        return True  # util-linux is among the packages
