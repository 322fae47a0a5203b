"""Secrets in a task: which values look like one, and the task without them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from autotuner_core.task.place import Place

HIDDEN = "***"
_SECRET_WORDS = {
    "token",
    "secret",
    "key",
    "apikey",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "credentials",
    "auth",
}
_OF_FLAGS = {"hf", "api", "auth", "access", "admin", "secret", "bearer", "refresh", "session", "private"}
_FLAG = re.compile(r"--([A-Za-z0-9_-]+)(?:=(.*))?", re.DOTALL)


def looks_secret(name: str) -> bool:
    """Whether an environment variable of this name holds a secret: HF_TOKEN, AWS_SECRET_ACCESS_KEY, DB_PASSWORD."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    return words[-1] in _SECRET_WORDS or bool({"secret", "password", "apikey"}.intersection(words[:-1]))


def flag_looks_secret(name: str) -> bool:
    """Whether an engine setting of this name holds a secret: api_key and hf_token, but not stop_token or cache_key."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    if {"password", "passwd", "passphrase", "apikey", "secret"}.intersection(words):
        return True
    return len(words) > 1 and words[-1] in ("key", "token") and words[-2] in _OF_FLAGS


def secret_places(task: Mapping[str, Any]) -> Iterator[Place]:
    """Where a task file, as written, has literal secrets."""
    local = _section(task, "local")
    yield from _named(_section(local, "env"), ("local", "env"), looks_secret)
    yield from _arguments(local.get("command"))
    yield from _named(_section(task, "fixed"), ("fixed",), _setting_looks_secret)
    yield from _named(_section(task, "baseline"), ("baseline",), _setting_looks_secret)
    for name, parameter in _section(task, "parameters").items():
        values = parameter.get("values") if isinstance(parameter, Mapping) else None
        if _setting_looks_secret(name) and isinstance(values, list):
            yield from (("parameters", name, "values", index) for index, value in enumerate(values) if _literal(value))
    params = _section(_section(task, "benchmark"), "additional_params")
    yield from _named(params, ("benchmark", "additional_params"), flag_looks_secret)
    annotations = _section(_section(task, "kubernetes"), "annotations")
    yield from _named(annotations, ("kubernetes", "annotations"), looks_secret)


def _named(values: Mapping[str, Any], place: Place, secret: Callable[[str], bool]) -> Iterator[Place]:
    return ((*place, name) for name, value in values.items() if secret(name) and _literal(value))


def redacted(task_json: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a task, as written or as dumped, with `***` in place of every literal secret."""
    result: dict[str, Any] = _copied(task_json)
    for *way, last in secret_places(task_json):
        part: Any = result
        for step in way:
            part = part[step]
        flag = _FLAG.fullmatch(part[last]) if way == ["local", "command"] else None
        part[last] = f"--{flag[1]}={HIDDEN}" if flag else HIDDEN
    return result


def _arguments(command: Any) -> Iterator[Place]:
    previous = ""
    for index, element in enumerate(command if isinstance(command, list) else []):
        match = _FLAG.fullmatch(element) if isinstance(element, str) else None
        named = match[1] if match and match[2] else previous
        value = match[2] if match and match[2] else element
        if named and flag_looks_secret(named) and _literal(value) and not (match and not match[2]):
            yield ("local", "command", index)
        previous = match[1] if match and not match[2] else ""


def _setting_looks_secret(name: str) -> bool:
    return looks_secret(name) if name.startswith("env.") else flag_looks_secret(name)


def _literal(value: Any) -> bool:
    """A text that is the secret itself, and not a reference ($NAME, {model}), a switch or a hidden one."""
    return isinstance(value, str) and value not in ("", HIDDEN) and not re.fullmatch(r"\$\{?\w+\}?|\{\w+\}", value)


def _section(part: Any, name: str) -> Mapping[str, Any]:
    section = part.get(name) if isinstance(part, Mapping) else None
    return section if isinstance(section, Mapping) else {}


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, (list, tuple)) else value
