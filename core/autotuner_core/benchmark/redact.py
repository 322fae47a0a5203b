"""Secrets of this process's environment, kept out of what the load generator writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from autotuner_core.task.redact import HIDDEN, looks_secret

SHORTEST_SECRET = 6
"""Shorter values are not replaced: they would be found in the middle of other words."""


class Redactor:
    """Replaces secrets by `***`, the longest first."""

    def __init__(self, values: Iterable[str]) -> None:
        kept = {value for value in values if len(value) >= SHORTEST_SECRET}
        self.values = tuple(sorted(kept, key=len, reverse=True))

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Redactor:
        """For the values of variables whose name tells that they are secret, and the passwords in URLs (proxies)."""
        named = [value for name, value in environment.items() if looks_secret(name)]
        return cls([*named, *filter(None, map(password_of, environment.values()))])

    def text(self, text: str) -> str:
        """The text without secrets."""
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return text

    def file(self, path: Path) -> None:
        """Rewrite a file without secrets, where it has any. A file that is not there, or no text, is left alone."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return
        clean = self.text(text)
        if clean != text:
            part = path.with_name(f"{path.name}.part")
            part.write_text(clean, encoding="utf-8")
            os.replace(part, path)


def secret_names(environment: Mapping[str, str]) -> list[str]:
    """The variables whose values the launcher, which sees only the environment, has to hide."""
    return sorted(name for name, value in environment.items() if looks_secret(name) or password_of(value))


def password_of(value: str) -> str | None:
    """The password in a URL such as `http://user:password@proxy:3128`; None where there is none."""
    if "://" not in value or "@" not in value:
        return None
    try:
        return urlsplit(value).password
    except ValueError:
        return None
