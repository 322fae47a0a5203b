"""The operators of expressions in task files: on numbers, comparisons, and membership of a list."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

_LARGEST = 10**30


def _on_numbers(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that takes numbers alone: text can be repeated or formatted (`%`) to any size, numbers cannot."""

    def checked(*operands: Any) -> Any:
        for operand in operands:
            if isinstance(operand, bool) or not isinstance(operand, (int, float)):
                raise TypeError(f"{name} is for numbers, not for {operand!r}")
            if abs(operand) > _LARGEST:
                raise ValueError("a number is too large")
        return function(*operands)

    return checked


def _ordered(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of numbers, or of texts; Python would compare lists and true or false as well."""

    def checked(left: Any, right: Any) -> Any:
        numbers = all(isinstance(side, (int, float)) and not isinstance(side, bool) for side in (left, right))
        texts = isinstance(left, str) and isinstance(right, str)
        if not (numbers or texts):
            raise TypeError(f"{left!r} {name} {right!r} compares a {_kind(left)} with a {_kind(right)}")
        return function(left, right)

    return checked


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "number", float: "number", str: "text", list: "list", tuple: "list"}
    return names.get(type(value), "null")


def _within(item: Any, container: Any) -> bool:
    if isinstance(container, (list, tuple)) or (isinstance(container, str) and isinstance(item, str)):
        return item in container
    raise TypeError(f"in asks for a list on its right, not for {container!r}")


OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _on_numbers("+", operator.add),
    ast.Sub: _on_numbers("-", operator.sub),
    ast.Mult: _on_numbers("*", operator.mul),
    ast.Div: _on_numbers("/", operator.truediv),
    ast.FloorDiv: _on_numbers("//", operator.floordiv),
    ast.Mod: _on_numbers("%", operator.mod),
    ast.USub: _on_numbers("-", operator.neg),
    ast.UAdd: _on_numbers("+", operator.pos),
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered("<", operator.lt),
    ast.LtE: _ordered("<=", operator.le),
    ast.Gt: _ordered(">", operator.gt),
    ast.GtE: _ordered(">=", operator.ge),
    ast.In: _within,
    ast.NotIn: lambda item, container: not _within(item, container),
}
