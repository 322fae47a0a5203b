"""The engine of the runs on the test cluster, by hand: `python tuned_engine.py --port 8080 --case crash`.

It is tests/misbehaving.py, which a flag that a run can tune makes worse: `--case crash` ends with a traceback, `--case
greedy` takes memory until its limit ends it, `--case refused` refuses its flags as argparse does; any other case
serves.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def case(words: list[str]) -> str:
    """The value of `--case`."""
    pairs = pairwise(words)
    joined = [word.partition("=")[2] for word in words if word.startswith("--case=")]
    return next(iter([*joined, *(value for flag, value in pairs if flag == "--case")]), "")


if __name__ == "__main__":
    asked = case(sys.argv[1:])
    if asked == "crash":
        raise RuntimeError("the engine was asked to crash")
    if asked == "refused":
        argparse.ArgumentParser(prog="sglang.launch_server").error("unrecognized arguments: --case")
    if asked == "greedy":
        taken = [bytearray(b"x" * 50_000_000) for _ in range(100)]
    from misbehaving import main

    main()
