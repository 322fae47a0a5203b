"""Hosts killed with SIGKILL at random moments, each followed by a resume: a finished experiment lost or repeated, a
process left, or another result than an undisturbed run's is an error that ends the program.

One in four resumes is killed too, before the run is let finish.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from killing import Victim, check_whole, killed_task
from tests.bench.table import Figure, arguments, report

SEED = 5
VALUES = [0.01 + 0.005 * number for number in range(6)]
KILLED_AGAIN = 0.25


class Trials:
    """Runs killed one after the other. `gone` and `resumed` are seconds: from a kill until nothing of the run lived,
    and for the resume that finished it; `stages` counts where the kills fell."""

    def __init__(self, root: Path, repeats: int) -> None:
        self.root, self.repeats = root, repeats
        self.random = random.Random(SEED)
        self.kills = self.again = 0
        self.gone: list[float] = []
        self.resumed: list[float] = []
        self.stages: Counter[str] = Counter()

    def run(self) -> None:
        calm = self._victim("calm")
        begun = time.monotonic()
        calm.finish()
        whole = time.monotonic() - begun
        number = 0
        while self.kills < self.repeats:
            self._trial(self._victim(f"trial{number}"), calm.configurations(), whole)
            number += 1

    def _victim(self, name: str) -> Victim:
        folder = self.root / name
        folder.mkdir()
        return Victim(folder, killed_task(VALUES, folder))

    def _trial(self, victim: Victim, undisturbed: Mapping[str, float], whole: float) -> None:
        kept = []
        process = victim.begin()
        while victim.kill_at(process, self.random.uniform(0.05, whole)):
            self.kills += 1
            self.again += bool(kept)
            self.stages[stage_of(victim)] += 1
            kept.append(victim.recorded())
            if self.random.random() < 0.5:  # the other half is resumed while things still die
                self.gone.append(victim.seconds_until_all_is_gone())
            if self.random.random() >= KILLED_AGAIN:
                break
            process = victim.resume()
        if kept:
            begun = time.monotonic()
            victim.finish()
            self.resumed.append(time.monotonic() - begun)
        check_whole(victim, undisturbed, kept)


def stage_of(victim: Victim) -> str:
    """What the run was about when it was killed."""
    state = victim.state()
    if state.host is None:
        return "before it was recorded"
    if not state.experiments:
        return "preparing"
    running = [e.latest.stage for e in state.running if e.latest is not None]
    return running[0] if running else ("between experiments" if state.end is None else "after its end")


def main() -> None:
    options = arguments(__doc__ or "", repeats=100)
    with tempfile.TemporaryDirectory() as name:
        trials = Trials(Path(name), options.repeats)
        trials.run()
    figures = [
        Figure.of("everything gone after a kill", "s", trials.gone),
        Figure.of("the resume that finished the run", "s", trials.resumed),
    ]
    told = ", ".join(f"{count} {stage}" for stage, count in trials.stages.most_common())
    title = f"{trials.kills} kills ({trials.again} of them of a resume): none lost, repeated or left behind; {told}"
    report(title, figures, options.json)


if __name__ == "__main__":
    main()
