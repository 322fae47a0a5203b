"""Runs the stand-in of OME's controller until it is ended."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from . import webhooks
from .api import Api, ApiError
from .controller import Controller
from .ways import WAYS

SECONDS = 60  # for the API server to come


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.ome", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--version", choices=WAYS, default="1.2.2", help="whose ways it has")
    parser.add_argument("--webhooks", action="store_true", help="be asked about every object, as a chart's OME is")
    options = parser.parse_args()
    api = Api(options.kubeconfig)
    _patiently(api, options.webhooks)
    Controller(api, WAYS[options.version], webhooks=options.webhooks).run()


def _patiently(api: Api, wanted: bool) -> None:
    over = time.monotonic() + SECONDS
    while True:
        try:
            webhooks.begin(api) if wanted else webhooks.end(api)
            return
        except (ApiError, OSError):
            if time.monotonic() > over:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()
