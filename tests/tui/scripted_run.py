"""A run on a terminal whose host, a process of its own as always, journals a recorded run. Run as a program:

python scripted_run.py FOLDER [--endless] [--stuck] [--viewer-bug] [--lines] [--in-process]
    [--refuse | --die | --crash]
"""

from __future__ import annotations

import argparse
import os
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from scripted_host import ScriptedHost, _broken

from autotuner_core.engine.host import Host
from autotuner_tui.cli import screen
from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.main import _say
from autotuner_tui.host.spawn import spawn_host
from autotuner_tui.live.view import LinesOfRun, ViewManner
from autotuner_tui.screens.run import RunScreen


@dataclass(frozen=True)
class ScriptedOrder:
    """Stands in for NewRun. `instead`: what befalls the host before it can speak."""

    root: Path
    endless: bool = False
    stuck: bool = False
    instead: str = ""

    name = "scripted"

    def take_in_hand(self) -> Host:
        if self.instead == "refuse":
            raise UserError("the lock is held by process 7", cure="stop it first", code=2)
        if self.instead == "die":
            print("last words of the host", file=sys.stderr, flush=True)
            os._exit(9)
        if self.instead == "crash":
            raise RuntimeError("a bug in the host")
        return cast(Host, ScriptedHost(self.root, endless=self.endless, stuck=self.stuck, fail=False))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for flag in ("endless", "stuck", "viewer-bug", "lines", "in-process", "refuse", "die", "crash"):
        parser.add_argument(f"--{flag}", action="store_true")
    told = parser.parse_args()
    instead = next((word for word in ("refuse", "die", "crash") if getattr(told, word)), "")
    if told.in_process:
        host = cast(Host, ScriptedHost(told.folder, endless=told.endless, stuck=told.stuck, fail=False))
        return screen.show(lambda app: app.open_run(host.folder, host=host), Namespace(), host)
    order: Any = _ours().ScriptedOrder(told.folder, told.endless, told.stuck, instead)
    try:
        begun = spawn_host(order)
    except UserError as error:
        _say(error.message, error.cure)
        return error.code
    if told.lines:
        return LinesOfRun(begun.folder, ViewManner(), begun.process).run()
    if told.viewer_bug:
        RunScreen.tick = _broken  # type: ignore[assignment, method-assign]
    return screen.show(lambda app: app.open_run(begun.folder, child=begun.process), Namespace())


def _ours() -> Any:
    """This module under the name by which the host imports it."""
    import scripted_run

    return scripted_run


if __name__ == "__main__":
    sys.exit(main())
