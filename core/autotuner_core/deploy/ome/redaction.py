"""An object as it may be shown and written to a file: without secrets that a task or a runtime spells out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from autotuner_core.deploy.local.redaction import redacted_argv
from autotuner_core.task.redact import HIDDEN, flag_looks_secret, looks_secret

_FLAG_IN_TEXT = re.compile(r"(--?([A-Za-z][\w-]*)(?:=|\s+))('[^']*'|\"[^\"]*\"|[^\s'\"-]\S*)")


def without_secrets(body: Any) -> Any:
    """A copy with `***` for values of variables, flags and annotations that hold a secret by their name. References to
    secrets stay: they tell nothing."""
    if isinstance(body, Mapping):
        if isinstance(body.get("value"), str) and looks_secret(str(body.get("name", ""))):
            return {**body, "value": HIDDEN}
        return {
            key: _annotations(part) if key == "annotations" else without_secrets(part) for key, part in body.items()
        }
    if isinstance(body, list):
        texts = bool(body) and all(isinstance(item, str) for item in body)
        return [_text(item) for item in redacted_argv(body)] if texts else [without_secrets(item) for item in body]
    return body


def _annotations(part: Any) -> Any:
    if not isinstance(part, Mapping):
        return part
    return {key: HIDDEN if looks_secret(key) else value for key, value in part.items()}


def _text(word: str) -> str:
    """A shell's script has flags within one word."""
    return _FLAG_IN_TEXT.sub(lambda found: f"{found[1]}{HIDDEN}" if flag_looks_secret(found[2]) else found[0], word)
