"""How the measuring programs report: a table for people, JSON for machines."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure: its samples' median and 90th percentile, and the goal it is read against."""

    name: str
    unit: str
    samples: int
    median: float
    p90: float
    worst: float
    goal: str = ""

    @classmethod
    def of(cls, name: str, unit: str, samples: Sequence[float], goal: str = "") -> Figure:
        """The figure of at least one sample."""
        ordered = sorted(samples)
        p90 = ordered[min(len(ordered) - 1, round(0.9 * (len(ordered) - 1)))]
        return cls(name, unit, len(ordered), statistics.median(ordered), p90, ordered[-1], goal)


def arguments(description: str, repeats: int) -> argparse.Namespace:
    """The options that all measuring programs have: --json and --repeats."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--repeats", type=int, default=repeats, help=f"how often to measure (default {repeats})")
    return parser.parse_args()


def report(title: str, figures: Sequence[Figure], as_json: bool) -> None:
    """Print the figures."""
    if as_json:
        print(json.dumps({"title": title, "figures": [asdict(figure) for figure in figures]}, indent=2))
        return
    width = max(len(figure.name) for figure in figures)
    print(f"{title}\n{'':{width}}  {'median':>9} {'p90':>9} {'worst':>9}  unit   n    goal")
    for f in figures:
        print(f"{f.name:{width}}  {f.median:9.3f} {f.p90:9.3f} {f.worst:9.3f}  {f.unit:5}  {f.samples:<4} {f.goal}")
