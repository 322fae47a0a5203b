"""A small engine for tests: answers /health and /v1/models, and can fail in the ways that engines fail."""

import argparse
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--served-model-name", default="stub")
parser.add_argument("--fail", default="")
parser.add_argument("--model-path")
parser.add_argument("--enable-metrics", action="store_true")
parser.add_argument("--tp-size", "--tensor-parallel-size", type=int, default=1)
parser.add_argument("--stubborn", action="store_true")
parser.add_argument("--slow-health", type=float, default=0.0)
arguments = parser.parse_args()

print("gpus", os.environ.get("CUDA_VISIBLE_DEVICES"), "cores", sorted(os.sched_getaffinity(0)), flush=True)
if arguments.stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if arguments.fail == "oom":
    raise SystemExit("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB")
if arguments.fail == "segfault":
    os.kill(os.getpid(), signal.SIGSEGV)
if arguments.fail == "exit":
    sys.exit(3)
if arguments.fail == "hang":
    time.sleep(600)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/health":
            time.sleep(arguments.slow_health)
            if arguments.fail == "die-when-asked":
                os._exit(9)
            self.answer(503 if arguments.fail == "never-healthy" else 200, "{}")
        elif self.path == "/v1/models":
            self.answer(200, json.dumps({"data": [{"id": arguments.served_model_name}]}))
        elif self.path == "/die":
            print("std::bad_alloc", flush=True)
            os._exit(1)
        else:
            self.answer(404, "")

    def do_POST(self):
        self.answer(200 if self.path == "/flush_cache" else 404, "")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


if arguments.fail == "no-reuse":
    ThreadingHTTPServer.allow_reuse_address = False
ThreadingHTTPServer((arguments.host, arguments.port), Handler).serve_forever()
