"""From the text of a condition to a tree of allowed forms."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Any

from autotuner_core.space.operators import OPERATORS

EXAMPLE = "not (enable_torch_compile and tp_size == 4)"
LONGEST = 1000
"""Characters of an expression. A condition that a person writes and reads has far fewer."""

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Compare,
    ast.BinOp,
    ast.IfExp,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.List,
    ast.Tuple,
    *OPERATORS,
)
_FORMS = "comparisons (== != < <= > >=), in, and, or, not, + - * / // %, if else, names of parameters, numbers and text"
_IN_WORDS: dict[type[ast.AST], str] = {
    ast.Call: "a call",
    ast.Attribute: "an attribute (a name after a dot)",
    ast.Subscript: "an index in brackets",
    ast.Pow: "a power (**)",
    ast.JoinedStr: "a formatted text",
    ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Lambda: "a function",
    ast.NamedExpr: "an assignment",
    ast.LShift: "a shift (<<)",
    ast.RShift: "a shift (>>)",
    ast.BitAnd: "& (write and)",
    ast.BitOr: "| (write or)",
    ast.Invert: "~ (write not)",
    ast.Is: "is (write ==)",
    ast.IsNot: "is not (write !=)",
}


class ConstraintError(ValueError):
    """An expression that cannot be used, or not for one configuration (`configuration`): `reason` in words."""

    def __init__(self, expression: str, reason: str, configuration: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{expression!r}: {reason}")
        self.expression = expression
        self.reason = reason
        self.configuration = dict(configuration) if configuration is not None else None


def parsed(expression: str) -> ast.expr:
    """The tree of an expression. Raises ConstraintError for one that is no expression, or uses a form beyond those
    allowed."""
    if len(expression) > LONGEST:
        raise ConstraintError(expression[:40] + "…", f"has {len(expression)} characters; {LONGEST} are allowed")
    if not expression.strip():
        raise ConstraintError(expression, "is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _EnvironmentNames().visit(ast.parse(expression.strip(), mode="eval"))
            for node in ast.walk(tree):
                _refuse_form(node, expression)
    except (SyntaxError, Warning, ValueError, MemoryError, RecursionError) as error:
        if isinstance(error, ConstraintError):
            raise
        raise ConstraintError(expression, f"is no expression: {reason_of(error)}; write it such as {EXAMPLE}") from None
    body: ast.expr = tree.body
    return body


def _refuse_form(node: ast.AST, expression: str) -> None:
    if not isinstance(node, _ALLOWED):
        name = _IN_WORDS.get(type(node), type(node).__name__)
        raise ConstraintError(expression, f"{name} is not allowed; allowed are {_FORMS}")
    if isinstance(node, ast.Constant) and not isinstance(node.value, (bool, int, float, str, type(None))):
        raise ConstraintError(expression, f"{type(node.value).__name__} is not allowed; allowed are {_FORMS}")


class _EnvironmentNames(ast.NodeTransformer):
    """Reads `env.NAME`, which is an attribute to Python, as the name of a parameter."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "env":
            return ast.copy_location(ast.Name(id=f"env.{node.attr}", ctx=ast.Load()), node)
        return node


def reason_of(error: BaseException) -> str:
    """What an error says, in words."""
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply"
    if isinstance(error, SyntaxError):
        where = f" at character {error.offset}" if error.offset else ""
        return f"{error.msg}{where}"
    return str(error) or type(error).__name__
