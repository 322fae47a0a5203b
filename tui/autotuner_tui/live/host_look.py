"""Whether the run has a living host, and where: looked at once a second, by the lock that the host keeps fresh."""

from __future__ import annotations

import subprocess
import time

from autotuner_core.run.folder import RunFolder
from autotuner_core.run.holders import Holder, holder_of, is_here

LOOK_SECONDS = 1.0


class HostLook:
    """`child`: the host's process where it is a child of this one; it is reaped, or it would count as alive."""

    def __init__(self, folder: RunFolder, child: subprocess.Popen[bytes] | None = None) -> None:
        self._folder, self._child = folder, child
        self._looked = float("-inf")
        self._holder: Holder | None = None
        self.sure = True
        """Whether the lock could be read at the last look; while it cannot, the last known holder is given."""

    def adopt(self, child: subprocess.Popen[bytes]) -> None:
        """From now on the host is this child."""
        self._child, self._looked = child, float("-inf")

    def holder(self, *, fresh: bool = False) -> Holder | None:
        """Who has the run in hand; None where nobody does, or nobody is known to (see `sure`)."""
        now = time.monotonic()
        if fresh or now - self._looked >= LOOK_SECONDS:
            if self._child is not None:
                self._child.poll()
            self._looked = now
            try:
                self._holder, self.sure = holder_of(self._folder.host_lock), True
            except OSError:  # a shared folder that is away for a while
                self.sure = False
        return self._holder

    def here(self) -> bool:
        """Whether the host is a process of this machine."""
        holder = self.holder()
        return holder is not None and is_here(holder)
