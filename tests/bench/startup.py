"""How long `--help` and `--version` take, against a bare argparse program in the same run, in turns."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.bench.table import Figure, arguments, report

BARE = "import argparse; argparse.ArgumentParser(prog='bare').parse_args(['--help'])"
CLI = "import sys; from autotuner_tui.cli.main import main; sys.exit(main())"


def seconds(*command: str) -> float:
    """How long the command takes as a whole process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    options = arguments(__doc__ or "", repeats=20)
    taken: dict[str, list[float]] = {"bare argparse": [], "--help": [], "--version": []}
    for _ in range(options.repeats):
        taken["bare argparse"].append(seconds(sys.executable, "-c", BARE))
        for option in ("--help", "--version"):
            taken[option].append(seconds(sys.executable, "-c", CLI, option))
    figures = [Figure.of(name, "s", samples) for name, samples in taken.items()]
    bare = figures[0].median
    for option in ("--help", "--version"):
        ratios = [sample / bare for sample in taken[option]]
        figures.append(Figure.of(f"{option} : bare argparse", "times", ratios, "median at most 2"))
    report("Start-up", figures, options.json)


if __name__ == "__main__":
    main()
