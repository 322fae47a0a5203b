"""A stand-in for an engine that is quicker than any load generator: what it sends is made beforehand, and one thread
serves all. By hand: python tests/quick_engine.py [--tokens-per-second 20000]  (for each request; 0: all at once)

It prints `listening on URL`. Every answer is a stream of chunked events, one for each token asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

AT_ONCE = 20  # tokens in one write: as many events, which the reader sees one by one


def _event(data: object) -> bytes:
    body = b"data: " + json.dumps(data).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(body), body)


TOKEN = _event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "word "}}]})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head.lower())
        body = await reader.readexactly(int(length[1])) if length else b""
        count = int(json.loads(body)["max_tokens"]) if body else 0
        writer.write(HEAD)
        for first in range(0, count, AT_ONCE):
            number = min(AT_ONCE, count - first)
            writer.write(TOKEN * number)
            await writer.drain()
            await asyncio.sleep(number / rate if rate else 0)
        usage = {"prompt_tokens": 20, "completion_tokens": count, "total_tokens": 20 + count}
        writer.write(_event({"choices": [], "usage": usage}) + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")
        await writer.drain()
    writer.close()


async def _run(rate: float) -> None:
    server = await asyncio.start_server(lambda r, w: _serve(r, w, rate), "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def quick_engine(tokens_per_second: float = 0) -> Iterator[str]:
    """A process of its own that serves until the end; gives its URL."""
    command = [sys.executable, __file__, "--tokens-per-second", str(tokens_per_second)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        try:
            yield engine.stdout.readline().rpartition(" ")[2].strip()
        finally:
            engine.kill()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tokens-per-second", type=float, default=0)
    asyncio.run(_run(options.parse_args().tokens_per_second))
