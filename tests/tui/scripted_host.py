"""A host that journals a recorded run instead of carrying one out, shown by the real session. Run as a program:

python scripted_host.py FOLDER [--json] [--strict] [--endless] [--stuck] [--fail] [--viewer-bug]
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from typing import cast

from autotuner_core.control import Interruption
from autotuner_core.engine.host import Host
from autotuner_core.run import events as ev
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import Journal
from autotuner_core.run.locks import FileLock
from autotuner_tui.headless.session import Manner, Session
from autotuner_tui.headless.viewer import Viewer
from recordings import beginning, scored


class ScriptedHost:
    """Journals a run of two experiments; `endless`: then waits to be stopped; `stuck`: does not obey a stop."""

    def __init__(self, root: Path, *, endless: bool, stuck: bool, fail: bool) -> None:
        root.mkdir(parents=True)
        self.folder = RunFolder(root)
        self.error: BaseException | None = None
        self._lock = FileLock(self.folder.host_lock, self.folder.run_id)
        self._lock.acquire()
        self._journal = Journal(self.folder.journal)
        self._endless, self._stuck, self._fail = endless, stuck, fail
        self._signal: int | None = None
        self._asked, self._now, self._ended = threading.Event(), threading.Event(), threading.Event()
        me = self._lock.me
        self._journal.record(beginning()[0])
        self._journal.record(ev.HostStarted(pid=me.pid, host=me.host, started=me.started, token="ab12-token"))

    def start(self) -> None:
        threading.Thread(target=self._carry_out, daemon=True).start()

    def wait(self, seconds: float) -> bool:
        return self._ended.wait(seconds)

    def stop(self, interruption: Interruption, signal: int | None = None) -> None:
        self._signal = signal
        self._asked.set()
        if interruption is Interruption.STOP_NOW:
            self._now.set()

    def leftovers(self) -> list[str]:
        return ["process engine-exp2-attempt1 (pid 4711)"]

    def close(self) -> None:
        self._journal.close()
        self._lock.release()

    def _carry_out(self) -> None:
        failed = ev.AttemptEnded(experiment=2, attempt=1, outcome="failed", cause="crash", message="exit code 1")
        events = [*beginning()[2:], *scored(1, 100.0)]
        events += [ev.AttemptStarted(experiment=2, attempt=1), failed] if self._fail else scored(2, 143.0)
        for event in events:
            self._journal.record(event)
        if self._endless:
            (self._now if self._stuck else self._asked).wait(60)
        if self._stuck:
            return
        stopped = self._signal is not None
        self._journal.record(ev.RunEnded(reason="stopped" if stopped else "completed", signal=self._signal))
        self._ended.set()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for flag in ("json", "strict", "endless", "stuck", "fail", "viewer-bug"):
        parser.add_argument(f"--{flag}", action="store_true")
    told = parser.parse_args()
    if told.viewer_bug:
        Viewer.tick = _broken  # type: ignore[method-assign]
    host = ScriptedHost(told.folder, endless=told.endless, stuck=told.stuck, fail=told.fail)
    return Session(cast(Host, host), Manner(as_json=told.json, strict=told.strict)).run()


def _broken(self: Viewer) -> None:
    raise RuntimeError("a bug in the viewer")


if __name__ == "__main__":
    sys.exit(main())
