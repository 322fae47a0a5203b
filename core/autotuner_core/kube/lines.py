"""An answer of the API server that goes on: a watch, a log that is followed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from autotuner_core.kube.errors import UNREACHABLE, KubeError


class LineStream:
    """An answer that goes on, line by line. `close` ends it from any thread, at once."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._lock = threading.Lock()
        self._closed = self._is_read = False

    def __iter__(self) -> Iterator[bytes]:
        """Whole lines, without their ends; a last one without an end is given too. Raises KubeError when the connection
        breaks; ends in silence once it was closed. To be read once."""
        import urllib3.exceptions

        with self._lock:
            if self._closed:
                return
            self._is_read = True
        rest: list[bytes] = []
        try:
            for piece in self._response.stream(65536, decode_content=True):
                first, *lines = piece.split(b"\n")
                rest.append(first)
                for line in lines:
                    whole, rest = b"".join(rest), [line]
                    yield whole
            if last := b"".join(rest):
                yield last
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # ValueError: read after close
            if not self._closed:
                raise KubeError(None, UNREACHABLE, f"the stream broke: {error}") from error
        finally:
            self._closed = True
            self._response.close()

    def close(self) -> None:
        """End it: whoever reads it comes to its end, and closes what the reading holds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._is_read:  # closing would take the response away from under its reader's hands
            with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself meanwhile
                self._response.shutdown()
        else:
            self._response.close()
