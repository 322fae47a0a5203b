"""Conditions over parameters, as text of a task file: compared, never executed.

An expression is parsed, held against a short list of allowed forms, and evaluated by simpleeval with operators of our
own. No call, attribute, index, power, shift, format or comprehension gets through, so that a hostile expression can
neither reach anything nor take long.
"""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from autotuner_core.space.operators import OPERATORS

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
_WORDS = {"true": True, "false": False, "null": None}
_EXPECTED = (ArithmeticError, TypeError, ValueError, LookupError, MemoryError, RecursionError)


class ConstraintError(ValueError):
    """An expression that cannot be used, or not for one configuration (`configuration`): `reason` in words."""

    def __init__(self, expression: str, reason: str, configuration: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{expression!r}: {reason}")
        self.expression = expression
        self.reason = reason
        self.configuration = dict(configuration) if configuration is not None else None


class Constraint:
    """A condition over parameters. `fixed` are parameters that every configuration has besides its own.

    Raises ConstraintError for an expression that is no allowed one.
    """

    def __init__(self, expression: str, fixed: Mapping[str, Any] | None = None) -> None:
        self.expression = expression
        self._fixed = dict(fixed or {})
        self._tree = _parsed(expression)

    @property
    def names(self) -> frozenset[str]:
        """The parameters that it speaks of."""
        found = (node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name))
        return frozenset(name for name in found if name not in _WORDS)

    def check_names(self, known: Iterable[str]) -> None:
        """Raise ConstraintError where it speaks of a parameter that is not known."""
        known = list(known)
        for name in sorted(self.names.difference(map(spelt, known))):
            near = difflib.get_close_matches(name, map(spelt, known), n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
            raise ConstraintError(self.expression, f'no parameter is called "{name}"; {hint}')

    def allows(self, configuration: Mapping[str, Any]) -> bool:
        """Whether the condition holds. Raises ConstraintError where it has no answer for this configuration."""
        result = self.value(configuration)
        if not isinstance(result, bool):
            raise ConstraintError(self.expression, f"gives {result!r}, not true or false", configuration)
        return result

    def value(self, configuration: Mapping[str, Any]) -> Any:
        """What the expression gives for a configuration. Raises ConstraintError where it gives nothing."""
        from simpleeval import EvalWithCompoundTypes, InvalidExpression

        names = {**_WORDS, **{spelt(name): value for name, value in {**self._fixed, **configuration}.items()}}
        evaluator = EvalWithCompoundTypes(operators=OPERATORS, functions={}, names=names)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return evaluator.eval(self.expression, previously_parsed=self._tree)
        except (InvalidExpression, Warning, *_EXPECTED) as error:
            raise ConstraintError(self.expression, _reason(error), configuration) from None


def spelt(name: str) -> str:
    """How an expression spells a parameter: `tp-size`, which would be a subtraction, is `tp_size`."""
    return name if name.startswith("env.") else name.replace("-", "_")


def evaluate_number(expression: str, names: Mapping[str, Any]) -> int | float:
    """The number that an expression over parameters gives (`tp_size * 2`). Raises ConstraintError for anything else."""
    constraint = Constraint(expression)
    constraint.check_names(names)
    result = constraint.value(names)
    if isinstance(result, bool) or not isinstance(result, (int, float)) or result != result or abs(result) > 1e15:
        raise ConstraintError(expression, f"gives {result!r}, not a number", names)
    return result


def _parsed(expression: str) -> ast.expr:
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
        raise ConstraintError(expression, f"is no expression: {_reason(error)}") from None
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


def _reason(error: BaseException) -> str:
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply"
    if isinstance(error, SyntaxError):
        return error.msg
    return str(error) or type(error).__name__
