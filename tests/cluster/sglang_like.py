"""An engine for the test cluster that is called as SGLang is, and is the bundled llama.cpp server, really.

    python -m tests.cluster.sglang_like --model-path FILE --host 0.0.0.0 --port 8080 --mem-fraction-static 0.9

What SGLang would refuse (an unknown flag, a scheduling policy that it has not) is refused as SGLang does. Flags that
mean nothing without a GPU are taken and change nothing; `--schedule-policy fcfs` halves the requests at once, so that
configurations differ. `--crash`, `--eat-memory` and `--never-ready` are ways to fail.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

SLOTS = {"lpm": 4, "random": 4, "dfs-weight": 4, "fcfs": 2}


def main() -> None:
    """Become the server."""
    options = _parser().parse_args()
    if options.crash:
        sys.exit("RuntimeError: the engine died of what it was asked to")
    if options.eat_memory:
        hoard = []
        while True:
            hoard.append(bytearray(16 * 1024 * 1024))
    while options.never_ready:
        time.sleep(3600)
    words = [
        *("--model", options.model_path, "--alias", options.served_model_name or options.model_path),
        *("--host", options.host, "--port", str(options.port)),
        *("--parallel", str(options.max_running_requests or SLOTS[options.schedule_policy]), "--threads", "1"),
    ]
    os.execv(sys.executable, [sys.executable, "-m", "autotuner_core.deploy.local.bundled_server", *words])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sglang.launch_server")
    parser.add_argument("--model-path", required=True)
    parser.add_argument("--served-model-name", default="")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=30000)
    parser.add_argument("--tp-size", "--tensor-parallel-size", type=int, default=1)
    parser.add_argument("--mem-fraction-static", type=float)
    parser.add_argument("--max-total-tokens", type=int)
    parser.add_argument("--max-running-requests", type=int)
    parser.add_argument("--schedule-policy", choices=list(SLOTS), default="fcfs")
    parser.add_argument("--enable-metrics", action="store_true")
    for way in ("--crash", "--eat-memory", "--never-ready"):
        parser.add_argument(way, action="store_true")
    return parser


if __name__ == "__main__":
    main()
