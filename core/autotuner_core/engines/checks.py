"""What is wrong, or worth a word, with the parameters of a task, seen from the engine that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autotuner_core.engines.flags import flag_name, is_env
from autotuner_core.engines.profile import Profile
from autotuner_core.task.place import Place, quoted
from autotuner_core.task.problem import Problem, note, warning

if TYPE_CHECKING:
    from autotuner_core.task.model import Task

_ALWAYS_OWNED = ("--host", "--port")
_SHORTEST_BEGINNING = 4


def parameter_problems(task: Task, profile: Profile | None) -> Iterator[Problem]:
    """Flags that the tuner itself sets or that are given twice (by two names), parameters that no engine of this kind
    is known to have, and values that do not suit their flag."""
    named = _named(task)
    yield from _owned(named, task, profile)
    yield from _given_twice(named, profile)
    if profile is not None:
        yield from _unknown(named, profile)
        yield from _unsuited(named, profile)


def _named(task: Task) -> dict[str, tuple[Place, list[Any]]]:
    """Every parameter, varied or fixed, with its place and its values."""
    from autotuner_core.space.values import values_of

    named: dict[str, tuple[Place, list[Any]]] = {
        name: (("parameters", name), values_of(parameter)) for name, parameter in task.parameters.items()
    }
    for name, value in task.fixed.items():
        named.setdefault(name, (("fixed", name), [value]))
    return named


def _owned(named: Mapping[str, tuple[Place, list[Any]]], task: Task, profile: Profile | None) -> Iterator[Problem]:
    command = task.local.command if task.backend == "local" and task.local else None
    for name, (place, _) in named.items():
        if is_env(name):
            continue
        flag = flag_name(name, profile)
        if _is_owned(flag, profile):
            yield Problem(
                place,
                f"{flag} belongs to the tuner, which decides where the engine listens and what it serves",
                "remove it",
                code="owned_parameter",
            )
        elif profile is None and command and any(word == flag or word.startswith(f"{flag}=") for word in command):
            yield Problem(
                place,
                f"{flag} stands in local.command already: the engine would be given it twice",
                "remove it from local.command, or here",
                code="same_flag_twice",
            )


def _is_owned(flag: str, profile: Profile | None) -> bool:
    if profile is None:
        return flag in _ALWAYS_OWNED
    if flag in profile.owned_flags:
        return True
    # argparse takes any unambiguous beginning of a flag for the flag: --por is --port.
    known = {info.flag for info in profile.parameters.values()}
    return (
        profile.parser == "argparse"
        and flag not in known
        and len(flag) >= _SHORTEST_BEGINNING
        and any(owned.startswith(flag) for owned in profile.owned_flags)
    )


def _given_twice(named: Mapping[str, tuple[Place, list[Any]]], profile: Profile | None) -> Iterator[Problem]:
    negatives = {info.negative: info.flag for info in profile.parameters.values()} if profile else {}
    first: dict[str, str] = {}
    for name, (place, _) in named.items():
        if is_env(name):
            continue
        flag = flag_name(name, profile)
        flag = negatives.get(flag, flag)
        if flag in first:
            yield Problem(
                place,
                f"{name} and {first[flag]} are the same flag of the engine, {flag}",
                "keep one of them",
                code="same_flag_twice",
            )
        first.setdefault(flag, name)


def _unknown(named: Mapping[str, tuple[Place, list[Any]]], profile: Profile) -> Iterator[Problem]:
    negatives = {info.negative for info in profile.parameters.values()}
    for name, (place, values) in named.items():
        flag = flag_name(name, profile)
        if is_env(name) or profile.find(name) is not None or flag in negatives:
            continue
        near = profile.nearest(name)
        off = " (false leaves it out)" if any(value is False for value in values) else ""
        say = warning if near else note
        yield say(
            place,
            f"{name} is not among the parameters known of {profile.title}; it is passed on as {flag}{off}",
            f"if {near} was meant, write that" if near else "",
            "unknown_parameter",
        )


def _unsuited(named: Mapping[str, tuple[Place, list[Any]]], profile: Profile) -> Iterator[Problem]:
    for name, (place, values) in named.items():
        info = profile.find(name)
        if info is None:
            continue
        for value in values:
            if info.type == "switch" and value is not None and not isinstance(value, bool):
                yield warning(
                    place,
                    f"{info.flag} takes no value, but is given {quoted(value)}: {profile.title} will refuse it",
                    "use true and false",
                    "switch_with_value",
                )
                break
            if info.type in ("int", "float") and (isinstance(value, bool) or not _is_number(value)):
                yield warning(
                    place,
                    f"{info.flag} takes a number, but is given {quoted(value)}: {profile.title} will refuse it",
                    "use numbers (null for the engine's own default)",
                    "not_a_number",
                )
                break


def _is_number(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_number(item) for item in value)
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
    return value is None or isinstance(value, (int, float, str))
