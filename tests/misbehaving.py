"""A small OpenAI-compatible server that behaves badly on demand, or well at a set speed: a stand-in for an engine.

By hand:       python tests/misbehaving.py --port 18080 --mode healthy --ttft 0.02 --tpot 0.002
In a test:     with Misbehaving(mode="errors") as server: ... server.url ...
As an engine:  "command": ["python", "tests/misbehaving.py", "--port", "{port}", "{flags}"]; unknown flags are ignored,
               so any parameter may be given, and `ttft`, `tpot` and `slots` are true tunables.

Modes: healthy, errors (500 for all), some_errors (65 % of them 500), hang (accepts, never answers), empty (200, no
text), wrong_model (404), not_streaming (all events in one piece), plain_json (no event stream at all), dies (the
process exits with code 9 after --after tokens), slow_first (--ttft 30 times as long), error_in_stream (an error object
after some tokens), wrong_length (half of the tokens asked), cut (closes the connection in the middle), html (a proxy's
error page with status 200), overload (503 above --slots requests at once).

With --metrics NAME it answers /metrics as that engine does (names: engine_pages.PAGES), hangs there (`hang`), or
answers with a page that does not come to an end (`endless`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

# It is started as a script, imported by tests from beside it, and by measuring programs as a part of `tests`.
sys.path.append(str(Path(__file__).resolve().parent))

from engine_pages import PAGES, Counts

MODES = (
    "healthy", "errors", "some_errors", "hang", "empty", "wrong_model", "not_streaming", "plain_json", "dies",
    "slow_first", "error_in_stream", "wrong_length", "cut", "html", "overload",
)  # fmt: skip


class Misbehaving:
    """The server, in threads of this process. `prompts` are those received, in order; `requests` counts them."""

    def __init__(
        self,
        mode: str = "healthy",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ttft: float = 0.01,
        tpot: float = 0.001,
        slots: int = 0,
        after: int = 50,
        model: str = "",
        api_key: str = "",
        usage: bool = True,
        record: str = "",
        metrics: str = "",
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode {mode}: one of {', '.join(MODES)}")
        self.mode, self.ttft, self.tpot, self.after = mode, ttft, tpot, after
        self.model, self.api_key, self.usage, self.record = model, api_key, usage, record
        self.metrics = metrics
        self.limit = slots
        self.slots = threading.BoundedSemaphore(slots) if slots else None
        self.lock = threading.Lock()
        self.released = threading.Event()  # set at the end, frees whoever hangs
        self.prompts: list[str] = []
        self.payloads: list[dict[str, Any]] = []
        self.requests = 0
        self.running = 0
        self.tokens = 0
        self.answering = 0  # of those running, the ones that have a slot
        self.prompt_tokens = 0
        self.http = _Server((host, port), _Handler)
        self.http.misbehaving = self
        self.port = int(self.http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Misbehaving:
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()

    def note(self, payload: dict[str, Any]) -> int:
        """Keep what was asked; returns the number of this request, from 1."""
        with self.lock:
            self.requests += 1
            self.running += 1
            prompt = str(payload["messages"][-1]["content"])
            self.prompts.append(prompt)
            self.payloads.append(payload)
            if self.record:
                with Path(self.record).open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"prompt": prompt, "mono": time.monotonic()}) + "\n")
            return self.requests

    def counts(self) -> Counts:
        """What an engine would count of itself now."""
        with self.lock:
            waiting = self.running - self.answering
            return Counts(self.answering, waiting, self.answering * 0.03, prompt_tokens=self.prompt_tokens)

    def token_sent(self) -> None:
        """Count a token; in mode `dies` the process exits here, as a crashed engine does."""
        with self.lock:
            self.tokens += 1
            if self.mode == "dies" and self.tokens >= self.after:
                print("misbehaving: Segmentation fault (as asked)", file=sys.stderr, flush=True)
                os._exit(9)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    misbehaving: Misbehaving

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a test's output is the test's."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/v1/models":
            name = self.server.misbehaving.model or "tiny"
            self.answer(200, {"object": "list", "data": [{"id": name, "object": "model"}]})
        elif self.path == "/metrics" and self.server.misbehaving.metrics:
            self.tell_metrics(self.server.misbehaving)
        else:
            self.answer(404, {"error": {"message": "not found", "code": 404}})

    def tell_metrics(self, me: Misbehaving) -> None:
        if me.metrics == "hang":
            me.released.wait()
        elif me.metrics == "endless":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PAGES["vllm"](me.counts()).encode() + b"# and so on\n" * 20_000)
            me.released.wait()
        else:
            self.answer(200, PAGES[me.metrics](me.counts()), "text/plain; version=0.0.4; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        me = self.server.misbehaving
        if self.path != "/v1/chat/completions":
            self.answer(200 if self.path in ("/flush_cache", "/reset_prefix_cache") else 404, {})
            return
        payload = json.loads(body)
        number = me.note(payload)
        try:
            self.complete(me, payload, number)
        finally:
            with me.lock:
                me.running -= 1

    def complete(self, me: Misbehaving, payload: dict[str, Any], number: int) -> None:
        if me.api_key and self.headers.get("Authorization") != f"Bearer {me.api_key}":
            given = self.headers.get("Authorization", "")
            self.answer(401, {"error": {"message": f"Incorrect API key provided: {given}", "code": 401}})
        elif me.mode == "wrong_model" or (me.model and payload["model"] != me.model):
            self.answer(404, {"error": {"message": f"The model `{payload['model']}` does not exist.", "code": 404}})
        elif me.mode == "errors" or (me.mode == "some_errors" and number % 20 >= 7):
            self.answer(500, {"error": {"message": "internal error, as asked", "code": 500}})
        elif me.mode == "overload" and me.limit and me.running > me.limit:
            self.answer(503, {"error": {"message": "too many requests at once", "code": 503}})
        elif me.mode == "hang":
            me.released.wait()
        elif me.mode == "html":
            self.answer(200, "<html><body>Welcome to the proxy</body></html>", "text/html")
        elif me.slots is None or me.mode == "overload":
            self.stream(me, payload)
        else:
            with me.slots:
                self.stream(me, payload)

    def stream(self, me: Misbehaving, payload: dict[str, Any]) -> None:
        """Send the answer: the first token `ttft` seconds from now, each further one `tpot` later."""
        asked = int(payload.get("max_tokens") or 16)
        count = {"wrong_length": asked // 2, "empty": 0}.get(me.mode, asked)
        words = len(str(payload["messages"][-1]["content"]).split())
        with me.lock:
            me.answering += 1
            me.prompt_tokens += words
        try:
            self.send_tokens(me, asked, count, words)
        finally:
            with me.lock:
                me.answering -= 1

    def send_tokens(self, me: Misbehaving, asked: int, count: int, words: int) -> None:
        usage = {"prompt_tokens": words, "completion_tokens": count, "total_tokens": words + count}
        if me.mode == "plain_json":
            time.sleep(me.ttft + me.tpot * count)
            text = "word " * count
            self.answer(200, {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage})
            return
        in_pieces = me.mode != "not_streaming"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        due = time.monotonic() + me.ttft * (30 if me.mode == "slow_first" else 1)
        kept = b""
        for index in range(count):
            if in_pieces:
                _sleep_until(due)
            due += me.tpot
            if me.mode == "error_in_stream" and index == 3:
                self.chunk(_event({"error": {"message": "the engine stumbled", "code": 500}}))
                break
            if me.mode == "cut" and index == 3:
                self.close_connection = True
                self.connection.close()
                return
            event = _event({"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]})
            if in_pieces:
                self.chunk(event)
            else:
                kept += event
            me.token_sent()
        if not in_pieces:
            _sleep_until(due)
        end = _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]})
        if me.usage:
            end += _event({"choices": [], "usage": usage})
        self.chunk(kept + end + b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self, status: int, body: Any, kind: str = "application/json") -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps({"object": "chat.completion.chunk", **data}).encode() + b"\n\n"


def _sleep_until(due: float) -> None:
    if (left := due - time.monotonic()) > 0:
        time.sleep(left)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM (exit code 0). `--exit-code N` prints `--stderr` and exits at once, as a bad start does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on; in a pod 0.0.0.0")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the line 'listening on URL' tells")
    parser.add_argument("--mode", choices=MODES, default="healthy")
    parser.add_argument("--ttft", type=float, default=0.01, help="seconds to the first token")
    parser.add_argument("--tpot", type=float, default=0.001, help="seconds between tokens")
    parser.add_argument("--slots", type=int, default=0, help="answer so many at once, the others wait (0: all)")
    parser.add_argument("--after", type=int, default=50, help="mode dies: exit after so many tokens")
    parser.add_argument("--model", default="", help="any other model name is answered with 404")
    parser.add_argument("--api-key", default="", help="demand it as a bearer token")
    parser.add_argument("--metrics", default="", help="answer /metrics as this engine does, or hang there")
    parser.add_argument("--record", default="", help="append each prompt to this file, as JSON lines")
    parser.add_argument("--startup-delay", type=float, default=0.0, help="seconds until it listens")
    parser.add_argument("--exit-code", type=int, default=None, help="exit with it instead of serving")
    parser.add_argument("--stderr", default="", help="text to print at start")
    parser.add_argument("--ignore-sigterm", action="store_true", help="only SIGKILL ends it")
    options, _ = parser.parse_known_args(arguments)
    if options.stderr:
        print(options.stderr, file=sys.stderr, flush=True)
    if options.ignore_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, _leave)
    time.sleep(options.startup_delay)
    if options.exit_code is not None:
        return int(options.exit_code)
    server = Misbehaving(
        options.mode, host=options.host, port=options.port, ttft=options.ttft, tpot=options.tpot, slots=options.slots,
        after=options.after, model=options.model, api_key=options.api_key, record=options.record,
        metrics=options.metrics,
    )  # fmt: skip
    print(f"listening on {server.url} since {time.time():.3f}", flush=True)
    server.http.serve_forever(poll_interval=0.1)
    return 0


def _leave(signum: int, frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
