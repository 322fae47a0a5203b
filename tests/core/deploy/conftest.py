"""What the tests of deploy share: processes that never outlive a test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import psutil
import pytest

from autotuner_core.deploy.strays import end_strays


def alive(pid: int) -> bool:
    """Whether the process lives (a zombie does not)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture
def token() -> Iterator[str]:
    """A token of this test alone; whatever carries it is ended after the test."""
    token = f"test-{os.getpid()}-{uuid.uuid4().hex}"
    yield token
    end_strays(token, grace=0)
