"""How a view ends: what is said then, and with which exit code."""

from __future__ import annotations

from dataclasses import dataclass

from autotuner_core.report.outcome import exit_code
from autotuner_core.run.folder import RunFolder
from autotuner_core.run.journal import read_journal
from autotuner_core.run.run_state import RunState
from autotuner_tui.cli.crash import save_traceback
from autotuner_tui.cli.exits import BY_SIGINT
from autotuner_tui.headless.final import tell_end
from autotuner_tui.headless.outlet import Outlet
from autotuner_tui.live.host_look import HostLook
from autotuner_tui.live.parting import detached_lines, hostless_lines, name_of
from autotuner_tui.live.why import CODES, Leaving


@dataclass(frozen=True)
class Farewell:
    """The last words of a view. `seen`: the run as the view saw it; `interrupts`: how often Ctrl+C stopped the run."""

    folder: RunFolder
    look: HostLook
    seen: RunState
    err: Outlet
    out: Outlet | None
    strict: bool
    interrupts: int

    def say(self, why: Leaving, fault: Exception | None) -> int:
        """Say them; gives the exit code."""
        if why in (Leaving.OVER, Leaving.HOSTLESS):
            return self._run_is_over(why)
        if fault is not None:
            self.err.line(f"the view failed ({type(fault).__name__}: {fault}); the run does not notice")
            self.err.line(f"  details: {save_traceback(fault)}")
        if self.seen.end is not None:
            self.err.line(f"the run has ended: `autotuner-tui report {name_of(self.folder)}` shows its results")
            return CODES[why]
        for line in detached_lines(self.folder, self.look.holder(fresh=True), self.look.here()):
            self.err.line(line)
        return CODES[why]

    def _run_is_over(self, why: Leaving) -> int:
        try:
            state = RunState.of(read_journal(self.folder.journal))
        except OSError:  # away again since the view's last look
            state = self.seen
        if why is Leaving.HOSTLESS:
            for line in hostless_lines(state if state.run_id else self.seen, self.folder):
                self.err.line(line)
        tell_end(state, self.seen, self.folder, self.err, self.out)
        if state.end is None and self.interrupts > 1:
            return BY_SIGINT
        return exit_code(state, self.strict)
