"""Runs the stand-in of OME's controller until it is ended."""

from __future__ import annotations

import argparse
from pathlib import Path

from .api import Api
from .controller import Controller
from .ways import WAYS


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.ome", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--version", choices=WAYS, default="1.2.2", help="whose ways it has")
    options = parser.parse_args()
    Controller(Api(options.kubeconfig), WAYS[options.version]).run()


if __name__ == "__main__":
    main()
